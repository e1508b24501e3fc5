"""The peer of `npm run bench -- latent-edit`: whole training iterations of a latent flow in PyTorch on the CPU.

Reads `iterate` lines from standard input; answers each with the seconds that one iteration took. An iteration is written as the paper's released code writes it:
grouped convolutions, a second generator pass for the start codes' logits, one 3/8 step, and its gradient by the continuous adjoint. Adam. The networks are
those of stylegan2_torch.py; their weights are random, since time does not depend on them.
"""

import math
import sys
import time

import torch
from torch import Tensor
from torch.nn import functional as F

from stylegan2_torch import BATCH, CLASSES, Network

TAU, ATTRIBUTE = 4.0, 0


def velocity(w: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    f = F.linear(w, weight, bias) + w
    return f / (f.norm(dim=1, keepdim=True) + 1e-6)


def three_eighths(f, y, t: float):
    """One step over [0, t] of a state that is a tuple of tensors."""
    def combine(*terms):
        return tuple(y[i] + t * sum(c * k[i] for c, k in terms) for i in range(len(y)))

    k1 = f(y)
    k2 = f(combine((1 / 3, k1)))
    k3 = f(combine((-1 / 3, k1), (1, k2)))
    k4 = f(combine((1, k1), (-1, k2), (1, k3)))
    return combine((1 / 8, k1), (3 / 8, k2), (3 / 8, k3), (1 / 8, k4))


class AdjointFlow(torch.autograd.Function):
    """The continuous adjoint: the state, its adjoint and the parameters' gradients are integrated backward in one 3/8 step."""

    @staticmethod
    def forward(ctx, w, t, weight, bias):
        (end,) = three_eighths(lambda y: (velocity(y[0], weight, bias),), (w,), t)
        ctx.t = t
        ctx.save_for_backward(end, weight, bias)
        return end

    @staticmethod
    def backward(ctx, cotangent):
        end, weight, bias = ctx.saved_tensors

        def backward_field(y):
            with torch.enable_grad():
                w, theta = y[0].detach().requires_grad_(True), [p.detach().requires_grad_(True) for p in (weight, bias)]
                v = velocity(w, *theta)
                gradients = torch.autograd.grad(v, [w, *theta], -y[1])
            return (v.detach(), *gradients)

        start = (end, cotangent, torch.zeros_like(weight), torch.zeros_like(bias))
        result = three_eighths(backward_field, start, -ctx.t)
        return result[1], None, result[2], result[3]


def main() -> None:
    network, codes = Network(), torch.randn(BATCH, 512)
    weight = (torch.rand(512, 512) * 2 - 1).div(math.sqrt(512)).requires_grad_(True)
    bias = (torch.rand(512) * 2 - 1).div(math.sqrt(512)).requires_grad_(True)
    optimizer = torch.optim.Adam([weight, bias], lr=1e-3)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        t = float(torch.empty(1).uniform_(1.5, 6))
        with torch.no_grad():
            original = network(codes, True).split(CLASSES, 1)
        end = AdjointFlow.apply(codes, t, weight, bias)
        shifted = network(end, True).split(CLASSES, 1)
        target = torch.full((BATCH,), CLASSES[ATTRIBUTE] - 1)
        loss = F.cross_entropy(shifted[ATTRIBUTE] / TAU, target)
        others = [
            F.kl_div(F.log_softmax(shifted[j] / TAU, 1), F.softmax(original[j], 1), reduction="batchmean")
            for j in range(len(CLASSES)) if j != ATTRIBUTE
        ]
        (loss + torch.stack(others).mean()).backward()
        optimizer.step()
        optimizer.zero_grad()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
