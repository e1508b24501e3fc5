"""End states of the Enright-Pryce test set (nonstiff, classes A to E; ACM TOMS 13 (1987) 1-27) at t = 20.

SciPy's DOP853 at rtol = atol = 1e-13. Writes packages/ode/test/reference/enright-pryce.json. Needs numpy and scipy.
"""

import json
from pathlib import Path

import numpy as np
from scipy.integrate import solve_ivp


def torus(_t, y):
    radius = np.hypot(y[0], y[1])
    return [-y[1] - y[0] * y[2] / radius, y[0] - y[1] * y[2] / radius, y[0] / radius]


def decay_chain(_t, y):
    return np.concatenate([[-y[0]], y[:8] - y[1:9], [y[8]]])


def decay_chain_weighted(_t, y):
    k = np.arange(1, 10)
    return np.concatenate([[-y[0]], k[:8] * y[:8] - k[1:] * y[1:9], [9 * y[8]]])


def diffusion(_t, y):
    padded = np.concatenate([[0.0], y, [0.0]])
    return padded[:-2] - 2 * padded[1:-1] + padded[2:]


GRAVITY = 2.95912208286
SUN = 1.00000597682
PLANETS = np.array([0.000954786104043, 0.000285583733151, 0.0000437273164546, 0.0000517759138449, 0.00000277777777778])
POSITIONS = [
    [3.42947415189, 3.35386959711, 1.35494901715],
    [6.64145542550, 5.97156957878, 2.18231499728],
    [11.2630437207, 14.6952576794, 6.27960525067],
    [-30.1552268759, 1.65699966404, 1.43785752721],
    [-21.1238353380, 28.4465098142, 15.3882659679],
]
VELOCITIES = [
    [-0.557160570446, 0.505696783289, 0.230578543901],
    [-0.415570776342, 0.365682722812, 0.169143213293],
    [-0.325325669158, 0.189706021964, 0.0877265322780],
    [-0.0240476254170, -0.287659532608, -0.117219543175],
    [-0.176860753121, -0.216393453025, -0.0148647893090],
]


def five_bodies(_t, state):
    y = state[:15].reshape(5, 3)
    r3 = np.sum(y**2, axis=1) ** 1.5
    acceleration = np.empty((5, 3))
    for i in range(5):
        total = -(SUN + PLANETS[i]) * y[i] / r3[i]
        for k in range(5):
            if k != i:
                between = y[k] - y[i]
                total = total + PLANETS[k] * (between / np.sum(between**2) ** 1.5 - y[k] / r3[k])
        acceleration[i] = GRAVITY * total
    return np.concatenate([state[15:], acceleration.ravel()])


def orbit(_t, y):
    r3 = np.hypot(y[0], y[1]) ** 3
    return [y[2], y[3], -y[0] / r3, -y[1] / r3]


def unit(n):
    return [1.0] + [0.0] * (n - 1)


PROBLEMS = {
    "A1": (lambda t, y: -y, [1.0]),
    "A2": (lambda t, y: -(y**3) / 2, [1.0]),
    "A3": (lambda t, y: y * np.cos(t), [1.0]),
    "A4": (lambda t, y: y / 4 * (1 - y / 20), [1.0]),
    "A5": (lambda t, y: (y - t) / (y + t), [4.0]),
    "B1": (lambda t, y: [2 * (y[0] - y[0] * y[1]), -(y[1] - y[0] * y[1])], [1.0, 3.0]),
    "B2": (lambda t, y: [-y[0] + y[1], y[0] - 2 * y[1] + y[2], y[1] - y[2]], [2.0, 0.0, 1.0]),
    "B3": (lambda t, y: [-y[0], y[0] - y[1] ** 2, y[1] ** 2], [1.0, 0.0, 0.0]),
    "B4": (torus, [3.0, 0.0, 0.0]),
    "B5": (lambda t, y: [y[1] * y[2], -y[0] * y[2], -0.51 * y[0] * y[1]], [0.0, 1.0, 1.0]),
    "C1": (decay_chain, unit(10)),
    "C2": (decay_chain_weighted, unit(10)),
    "C3": (diffusion, unit(10)),
    "C4": (diffusion, unit(51)),
    "C5": (five_bodies, list(np.ravel(POSITIONS)) + list(np.ravel(VELOCITIES))),
    **{
        f"D{i + 1}": (orbit, [1 - e, 0.0, 0.0, float(np.sqrt((1 + e) / (1 - e)))])
        for i, e in enumerate([0.1, 0.3, 0.5, 0.7, 0.9])
    },
    "E1": (
        lambda t, y: [y[1], -(y[1] / (t + 1) + (1 - 0.25 / (t + 1) ** 2) * y[0])],
        [0.6713967071418030, 0.09540051444747446],
    ),
    "E2": (lambda t, y: [y[1], (1 - y[0] ** 2) * y[1] - y[0]], [2.0, 0.0]),
    "E3": (lambda t, y: [y[1], y[0] ** 3 / 6 - y[0] + 2 * np.sin(2.78535 * t)], [0.0, 0.0]),
    "E4": (lambda t, y: [y[1], 0.032 - 0.4 * y[1] ** 2], [30.0, 0.0]),
    "E5": (lambda t, y: [y[1], np.sqrt(1 + y[1] ** 2) / (25 - t)], [0.0, 0.0]),
}

if __name__ == "__main__":
    ends = {}
    for name, (f, y0) in PROBLEMS.items():
        solution = solve_ivp(f, (0, 20), y0, method="DOP853", rtol=1e-13, atol=1e-13)
        assert solution.success, name
        ends[name] = {"y0": [float(v) for v in y0], "end": [float(v) for v in solution.y[:, -1]]}

    target = Path(__file__).parents[2] / "packages/ode/test/reference/enright-pryce.json"
    target.write_text(json.dumps(ends, separators=(",", ":")) + "\n")
