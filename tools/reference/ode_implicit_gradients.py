"""Gradients of implicit steps by PyTorch, for packages/ode/test/reference/implicit-gradients.json.

Four steps of each method in float64. Newton's iterations are full ones (the Jacobian of each iterate, differentiable), far beyond convergence, and autograd
goes through all of them; Rosenbrock's stages are differentiated with their Jacobian and time derivative.
Run: python tools/reference/ode_implicit_gradients.py > packages/ode/test/reference/implicit-gradients.json
"""

import json
import re
from pathlib import Path

import numpy as np
import torch
from torch.func import jacfwd

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
STEPS = 4
ITERATIONS = 12
METHODS = Path(__file__).parents[2] / "packages/ode/src/methods/implicit"


def f(t, y, k):
    return torch.stack([-k[0] * (y[0] - torch.cos(t)) + y[1] ** 2, -k[1] * y[1] * torch.sin(t) + y[0]])


def collocation(nodes):
    """Butcher's A and b from the nodes, in numpy."""
    s = len(nodes)
    powers = np.vander(nodes, s, increasing=True)
    integrals = np.array([[c ** (j + 1) / (j + 1) for j in range(s)] for c in nodes])
    weights = np.array([1 / (j + 1) for j in range(s)])
    inverse = np.linalg.inv(powers)
    return np.array(nodes), integrals @ inverse, weights @ inverse


def diagonal(nodes, rows, weights):
    s = len(nodes)
    coupling = np.zeros((s, s))
    for i, row in enumerate(rows):
        coupling[i, : len(row)] = row
    return np.array(nodes), coupling, np.array(weights)


def kvaerno5():
    """The coefficients as packages/ode has them; its tests check them by their order."""
    source = (METHODS / "kvaerno5.ts").read_text()
    values = {"gamma": 0.26}

    def numbers(text):
        return [values["gamma"] if item == "gamma" else float(item) for item in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?|gamma", text)]

    sixth = numbers(re.search(r"const sixth = \[(.*?)\]", source, re.S).group(1))
    weights = numbers(re.search(r"const weights = \[(.*?)\]", source, re.S).group(1))
    nodes = numbers(re.search(r"nodes: \[(.*?)\]", source, re.S).group(1))
    rows = re.search(r"coupling: \[(.*?)sixth", source, re.S).group(1)
    rows = [numbers(row) for row in re.findall(r"\[(.*?)\]", rows, re.S)]
    return diagonal(nodes, [*rows, sixth, weights], weights)


def runge_kutta_step(tableau, t, h, y, k):
    nodes, coupling, weights = (torch.tensor(part) for part in tableau)
    s = len(nodes)

    def residual(slopes):
        stages = y + h * coupling @ slopes.reshape(s, 2)
        return torch.cat([f(t + nodes[i] * h, stages[i], k) for i in range(s)]) - slopes

    slopes = torch.zeros(2 * s)
    for _ in range(ITERATIONS):
        slopes = slopes - torch.linalg.solve(jacfwd(residual)(slopes), residual(slopes))
    return y + h * weights @ slopes.reshape(s, 2)


def rodas5p():
    source = (METHODS / "rodas5p.ts").read_text()
    number = r"-?\d+\.?\d*(?:e-?\d+)?"

    def numbers(text):
        return [float(item) for item in re.findall(number, text)]

    sixth = numbers(re.search(r"const sixth = \[(.*?)\]", source, re.S).group(1))
    gamma = float(re.search(r"gamma: (" + number + ")", source).group(1))
    nodes = numbers(re.search(r"nodes: \[(.*?)\]", source, re.S).group(1))
    time_weights = numbers(re.search(r"timeWeights: \[(.*?)\]", source, re.S).group(1))
    first = re.search(r"coupling: \[\s*\[\],(.*?)sixth,", source, re.S).group(1)
    coupling = [[], *[numbers(row) for row in re.findall(r"\[(.*?)\]", first, re.S)], sixth, [*sixth, 1], [*sixth, 1, 1]]
    slopes = re.search(r"couplingOfSlopes: \[\s*\[\],(.*?)\],\s*\],\s*weights", source, re.S).group(1) + "]"
    slopes = [[], *[numbers(row) for row in re.findall(r"\[(.*?)\]", slopes, re.S)]]
    assert [len(row) for row in coupling] == [len(row) for row in slopes] == list(range(8))
    return gamma, nodes, time_weights, coupling, slopes, [*sixth, 1, 1, 1]


def rosenbrock_step(tableau, t, h, y, k):
    gamma, nodes, time_weights, coupling, of_slopes, weights = tableau
    jacobian = jacfwd(lambda y: f(t, y, k))(y)
    by_time = jacfwd(lambda t: f(t, y, k))(t)
    matrix = torch.eye(2) - h * gamma * jacobian
    slopes = []
    for i, node in enumerate(nodes):
        stage = y + h * sum((a * slope for a, slope in zip(coupling[i], slopes)), torch.zeros(2))
        known = sum((c * slope for c, slope in zip(of_slopes[i], slopes)), torch.zeros(2))
        right = gamma * (f(t + node * h, stage, k) + known + time_weights[i] * h * by_time)
        slopes.append(torch.linalg.solve(matrix, right))
    return y + h * sum(weight * slope for weight, slope in zip(weights, slopes))


def gradients(step, tableau):
    y0 = torch.tensor([1.0, 0.5], requires_grad=True)
    k = torch.tensor([50.0, 1.5], requires_grad=True)
    times = torch.tensor([0.2, 1.2], requires_grad=True)
    y = y0
    h = (times[1] - times[0]) / STEPS
    for i in range(STEPS):
        y = step(tableau, times[0] + i * h, h, y, k)
    loss = y[0] + 2 * y[1]
    first = torch.autograd.grad(loss, [y0, k, times], create_graph=True)
    second = torch.autograd.grad(first[1][0], k)[0]
    found = {"y": y, "y0": first[0], "args": first[1], "t": first[2], "argsAndFirstArg": second}
    return {name: [float(f"{value:.10g}") for value in values.tolist()] for name, values in found.items()}


root3, root6, root15, root2 = 3**0.5, 6**0.5, 15**0.5, 2**0.5
g = 1 - root2 / 2
tr, w = (2 - root2) / 2, root2 / 4
runge_kutta = {
    "implicit_euler": collocation([1.0]),
    "implicit_midpoint": collocation([0.5]),
    "trapezoid": diagonal([0.0, 1.0], [[0], [0.5, 0.5]], [0.5, 0.5]),
    "gl4": collocation([(3 - root3) / 6, (3 + root3) / 6]),
    "gl6": collocation([(5 - root15) / 10, 0.5, (5 + root15) / 10]),
    "radauIIA3": collocation([1 / 3, 1.0]),
    "radauIIA5": collocation([(4 - root6) / 10, (4 + root6) / 10, 1.0]),
    "radau5": collocation([(4 - root6) / 10, (4 + root6) / 10, 1.0]),
    "sdirk2": diagonal([g, 1.0], [[g], [1 - g, g]], [1 - g, g]),
    "trbdf2": diagonal([0, 2 * tr, 1.0], [[0], [tr, tr], [w, w, tr]], [w, w, tr]),
    "kvaerno5": kvaerno5(),
}
results = {name: gradients(runge_kutta_step, tableau) for name, tableau in runge_kutta.items()}
results["rodas5p"] = gradients(rosenbrock_step, rodas5p())
print(json.dumps(results))
