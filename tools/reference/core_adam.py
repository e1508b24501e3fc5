"""PyTorch's Adam with StepLR on a few gradients: writes packages/core/test/reference/adam.json."""

import json
from pathlib import Path

import torch

OUT = Path(__file__).resolve().parents[2] / "packages/core/test/reference/adam.json"


def adam_run(options, every, factor, steps=12, seed=0):
    generator = torch.Generator().manual_seed(seed)
    start = torch.randn(5, generator=generator)
    gradients = [torch.randn(5, generator=generator) * 10 ** (i % 4 - 2) for i in range(steps)]
    parameter = torch.nn.Parameter(start.clone())
    optimiser = torch.optim.Adam(
        [parameter], lr=options["learningRate"], betas=(options["beta1"], options["beta2"]), eps=options["epsilon"]
    )
    scheduler = torch.optim.lr_scheduler.StepLR(optimiser, every, factor)
    after = []
    for gradient in gradients:
        parameter.grad = gradient.clone()
        optimiser.step()
        scheduler.step()
        after.append(parameter.detach().tolist())
    return {
        "options": options,
        "schedule": {"every": every, "factor": factor},
        "start": start.tolist(),
        "gradients": [gradient.tolist() for gradient in gradients],
        "after": after,
    }


runs = [
    adam_run({"learningRate": 1e-3, "beta1": 0.9, "beta2": 0.999, "epsilon": 1e-8}, 5, 0.5),
    adam_run({"learningRate": 0.1, "beta1": 0.0, "beta2": 0.99, "epsilon": 1e-8}, 100, 1.0, seed=1),
    adam_run({"learningRate": 0.05, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3}, 2, 0.9, seed=2),
]
OUT.write_text(json.dumps({"runs": runs}))
