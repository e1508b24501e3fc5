"""Trains the attribute regressor on rendered images alone; it never sees a generated one.

    python packages/scenes/training/train_regressor.py --data /var/tmp/latentflow-training/data --out packages/scenes/data/tabletop
    python packages/scenes/training/train_regressor.py --data … --out … --name judge --seed 1

Writes NAME.safetensors (float32) and NAME.json (held-out accuracies). Half an hour on one core.
"""

import argparse
import json
import os
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn import functional as F

from data import Scenes
from regressor import Regressor


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--name", choices=("regressor", "judge"), default="regressor", help="the judge learns from another seed and is never trained against")
    parser.add_argument("--steps", type=int, default=6_000)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--widths", type=int, nargs=4, default=(32, 32, 64, 64), help="channels of the four convolutions")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--smoke", action="store_true", help="a few steps, to see that everything runs")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    steps = 20 if args.smoke else args.steps

    scenes = Scenes(args.data)
    regressor = Regressor(scenes.factors.values(), tuple(args.widths)).to(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(regressor.parameters(), lr=1e-3, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=2e-3, total_steps=steps, pct_start=0.1)
    random = np.random.default_rng(args.seed)
    started = time.time()
    for step in range(steps):
        images, labels = scenes.labelled_batch(random.integers(len(scenes), size=args.batch))
        images = jitter(images).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            logits = regressor(images)
        loss = regressor_loss([one.float() for one in logits], labels)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        if step % 500 == 0 or step == steps - 1:
            print(f"step {step} loss {loss.item():.4f} {time.time() - started:.0f} s", flush=True)
    accuracies = evaluate(regressor, Scenes(args.data, held_out=True), limit=500 if args.smoke else None)
    print(json.dumps(accuracies, indent=2))
    if not args.smoke:
        save(args.out, args.name, regressor, accuracies)


def jitter(images: Tensor) -> Tensor:
    """A little noise, so that the regressor reads pictures and not the renderer's last bits."""
    return images + torch.randn_like(images) * 0.02


def regressor_loss(logits: list[Tensor], labels: Tensor) -> Tensor:
    return sum(F.cross_entropy(one, labels[:, k]) for k, one in enumerate(logits))


@torch.no_grad()
def evaluate(regressor: Regressor, scenes: Scenes, limit: int | None = None) -> dict[str, float]:
    """Accuracy per factor; for the positions also within one place."""
    regressor.eval()
    count = limit or len(scenes)
    predictions, truth = [], []
    for start in range(0, count, 500):
        images, labels = scenes.labelled_batch(np.arange(start, min(count, start + 500)))
        predictions.append(torch.stack([one.argmax(1) for one in regressor(images)], 1))
        truth.append(labels)
    distance = (torch.cat(predictions) - torch.cat(truth)).abs()
    result = {name: (distance[:, k] == 0).float().mean().item() for k, name in enumerate(scenes.factors)}
    for k, (name, classes) in enumerate(scenes.factors.items()):
        if classes == 40:
            result[f"{name} within 1"] = (distance[:, k] <= 1).float().mean().item()
    return {name: round(value, 5) for name, value in result.items()}


def save(folder: Path, name: str, regressor: Regressor, accuracies: dict[str, float]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    weights = {key: value.contiguous() for key, value in regressor.state_dict().items()}
    save_file(weights, folder / f"{name}.safetensors.tmp")
    os.replace(folder / f"{name}.safetensors.tmp", folder / f"{name}.safetensors")
    (folder / f"{name}.json").write_text(json.dumps({"held-out accuracy": accuracies}, indent=2) + "\n")


if __name__ == "__main__":
    main()
