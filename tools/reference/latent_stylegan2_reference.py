"""One training step through the 64 px StyleGAN2 and the paper's CNN regressor, by PyTorch in float64, for @latentflow/latent-edit.

    python tools/reference/latent_stylegan2_reference.py packages/latent-edit/test/reference/stylegan2-step.json

Weights come from their names (seeded_weights.py), so that only results are stored: norms, and 40 elements of each array.
"""

import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

from reference_stylegan2 import Generator, Regressor, channels_of
from seeded_weights import seeded_normals

CODES, T, TAU = 2, 6.0, 4.0
D = 512


def summary(tensor):
    flat = tensor.detach().reshape(-1)
    index = (np.arange(40, dtype=np.int64) * 7919 + 13) % flat.numel()
    return {"norm": flat.norm().item(), "index": index.tolist(), "values": flat[torch.from_numpy(index)].tolist()}


def velocity(w, weight, bias):
    f = F.linear(w, weight, bias) + w
    return f / (f.norm(dim=1, keepdim=True) + 1e-6)


def three_eighths(w, t, *parameters):
    k1 = velocity(w, *parameters)
    k2 = velocity(w + t * k1 / 3, *parameters)
    k3 = velocity(w + t * (k2 - k1 / 3), *parameters)
    k4 = velocity(w + t * (k1 - k2 + k3), *parameters)
    return w + t * (k1 + 3 * k2 + 3 * k3 + k4) / 8


def main(path):
    generator, regressor = Generator(channels_of(64, 1)), Regressor().double()
    weight = (seeded_normals("flow.weight", [D, D]).double() / math.sqrt(D)).float().double().requires_grad_(True)
    bias = (seeded_normals("flow.bias", [D]).double() / math.sqrt(D)).float().double().requires_grad_(True)
    w = seeded_normals("start codes", [CODES, D]).double()
    cases = []
    with torch.no_grad():
        original = regressor(generator.synthesize(w))
    for attribute in (0, 2):
        weight.grad = bias.grad = None
        end = three_eighths(w, T, weight, bias)
        end.retain_grad()
        logits = regressor(generator.synthesize(end))
        classes = Regressor.CLASSES
        first = F.cross_entropy(logits[attribute] / TAU, torch.full((CODES,), classes[attribute] - 1))
        second = torch.stack([
            F.kl_div(F.log_softmax(logits[j] / TAU, dim=1), F.softmax(original[j], dim=1), reduction="batchmean")
            for j in range(len(classes)) if j != attribute
        ]).mean()
        (first + second).backward()
        cases.append({
            "attribute": attribute, "t": T, "attributeLoss": first.item(), "preservationLoss": second.item(),
            "end": summary(end), "latentGradient": summary(end.grad), "weight": summary(weight.grad), "bias": summary(bias.grad),
        })
    with open(path, "w") as file:
        json.dump(cases, file)


if __name__ == "__main__":
    main(sys.argv[1])
