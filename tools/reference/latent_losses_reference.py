"""Reference values of the losses of @latentflow/latent-edit beside the paper's, by PyTorch in float64.

    python tools/reference/latent_losses_reference.py packages/latent-edit/test/reference/losses.json

The networks are those of latent_training_reference.py; here codes are moved by a shift, and only the losses and dL/dw are looked at.
"""

import json
import math
import sys

import torch
import torch.nn.functional as F

from latent_training_reference import BATCH, CLASSES, D, World, weights


def loss_terms(logits, original, case):
    k, tau = case["attribute"], case["temperature"]
    target = torch.full((BATCH,), CLASSES[k] - 1)
    rows = torch.tensor(case.get("codeWeights", [1.0] * BATCH), dtype=torch.float64)
    first = (rows * F.cross_entropy(logits[k] / tau, target, reduction="none")).mean()
    terms = []
    for j in range(len(CLASSES)):
        if j == k:
            continue
        p = torch.softmax(original[j].detach() / case["originalTemperature"], dim=1)
        q = torch.softmax(logits[j] / case["preservationTemperature"], dim=1)
        if case["divergence"] == "hellinger":
            term = 0.5 * (p.sqrt() - q.sqrt()).square().sum(dim=1).mean()
        else:
            term = (p * (p.log() - q.log())).sum(dim=1).mean()
        terms.append(case["attributeWeights"][j] * term)
    return first, torch.stack(terms).mean()


def evaluate(case):
    w0 = weights(99, (BATCH, D), 1.5)
    w = (w0 + weights(98, (BATCH, D), 1.0)).requires_grad_(True)
    first, second = loss_terms(World.logits(World.images(w)), World.logits(World.images(w0)), case)
    (first + case["preservationWeight"] * second).backward()
    return {**case, "attributeLoss": first.item(), "preservationLoss": second.item(), "latentGradient": w.grad.ravel().tolist()}


def main(path):
    ones = [1.0] * len(CLASSES)
    over_log = [1 / math.log(c) for c in CLASSES]
    base = {"attribute": 0, "temperature": 4.0, "preservationTemperature": 4.0, "originalTemperature": 1.0, "preservationWeight": 1.0,
            "divergence": "kl", "attributeWeights": ones}
    cases = [
        {**base, "name": "the paper's"},
        {**base, "name": "one temperature on both sides", "temperature": 2.0, "preservationTemperature": 2.0, "originalTemperature": 2.0},
        {**base, "name": "over ln C", "attribute": 1, "attributeWeights": over_log, "preservationTemperature": 3.0},
        {**base, "name": "Hellinger", "divergence": "hellinger", "preservationWeight": 5.0, "temperature": 2.0,
         "preservationTemperature": 2.0, "originalTemperature": 2.0},
        {**base, "name": "Hellinger at its own temperature, over ln C", "attribute": 2, "divergence": "hellinger",
         "preservationTemperature": 0.5, "attributeWeights": over_log, "preservationWeight": 0.7},
        {**base, "name": "codes that count differently", "divergence": "hellinger", "codeWeights": [0.0, 1.25, 1.25, 2.0, 0.5]},
        {**base, "name": "codes that count differently, KL", "attribute": 2, "codeWeights": [0.0, 1.25, 1.25, 2.0, 0.5]},
    ]
    with open(path, "w") as file:
        json.dump([evaluate(case) for case in cases], file)


main(sys.argv[1])
