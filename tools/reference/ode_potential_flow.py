"""Gradients of potential flows y' = -grad V(y; p), whose f is itself a gradient, by torch autograd through rk4 in float64:
packages/ode/test/reference/potential-flow.json."""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)


def potential(y, p):
    # Wells of a tanh layer, and a bowl.
    return p[2] * torch.tanh(y[:, 0] * p[0] + y[:, 1] * p[1]).sum() + 0.25 * (y**2).sum() + 0.1 * (y[:, 0] * y[:, 1] ** 2).sum()


def f(y, p):
    with torch.enable_grad():
        z = y if y.requires_grad else y.detach().requires_grad_()
        return -torch.autograd.grad(potential(z, p), z, create_graph=True)[0]


def solve(y, p, steps=400, t1=2.0):
    h = t1 / steps
    for _ in range(steps):
        k1 = f(y, p)
        k2 = f(y + h / 2 * k1, p)
        k3 = f(y + h / 2 * k2, p)
        k4 = f(y + h * k3, p)
        y = y + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return y


y0 = torch.tensor([[1.0, -0.5], [0.3, 0.8]], requires_grad=True)
p = torch.tensor([0.7, -1.2, 1.5], requires_grad=True)
end = solve(y0, p)
loss = (end**2).sum()
by_y0, by_p = torch.autograd.grad(loss, (y0, p), create_graph=True)
# Derivatives of |dL/dp|^2 / 2.
second_y0, second_p = torch.autograd.grad((by_p**2).sum() / 2, (y0, p))
result = {
    "end": end.detach().flatten().tolist(),
    "loss": loss.item(),
    "by_y0": by_y0.detach().flatten().tolist(),
    "by_p": by_p.detach().tolist(),
    "second_y0": second_y0.flatten().tolist(),
    "second_p": second_p.tolist(),
}
target = Path(__file__).parents[2] / "packages/ode/test/reference/potential-flow.json"
target.write_text(json.dumps(result, indent=1) + "\n")
print(result)
