"""A run's state in a few megabytes, to carry to another machine or to commit: float16, without random states.

    python packages/scenes/training/compact.py --run /var/tmp/latentflow-training/run --out packages/scenes/training/resume/networks.safetensors

Holds the networks and, of the optimisers, the root of the second moments (first moments do not matter: beta 1 is zero).
"""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

if TYPE_CHECKING:
    from stylegan2 import Training


def pack(training: "Training") -> dict[str, Tensor]:
    tensors = {"seen": torch.tensor([training.seen]), "minutes": torch.tensor([training.minutes])}
    for name, network in training.networks().items():
        tensors |= {f"{name}.{key}": value.half() for key, value in network.state_dict().items()}
    for name, optimizer in training.optimizers().items():
        for key, parameter in training.networks()[name].named_parameters():
            if parameter in optimizer.state:
                # The root, since the moments themselves are too small for float16.
                tensors[f"{name}_optimizer.{key}"] = optimizer.state[parameter]["exp_avg_sq"].sqrt().half()
    return {name: value.contiguous() for name, value in tensors.items()}


def unpack(training: "Training", path: Path) -> None:
    tensors = load_file(path)
    training.seen, training.minutes = int(tensors["seen"].item()), tensors["minutes"].item()
    for name, network in training.networks().items():
        if state := below(tensors, name):
            network.load_state_dict(state)
        else:
            training.joining.append(name)
    for name, optimizer in training.optimizers().items():
        roots = below(tensors, f"{name}_optimizer")
        for key, parameter in training.networks()[name].named_parameters():
            if key in roots:
                optimizer.state[parameter] = {
                    # Far enough for the bias correction of the moments to be over.
                    "step": torch.tensor(10_000.0),
                    "exp_avg": torch.zeros_like(parameter),
                    "exp_avg_sq": roots[key].square().to(parameter.device),
                }


def below(tensors: dict[str, Tensor], name: str) -> dict[str, Tensor]:
    prefix = f"{name}."
    return {key.removeprefix(prefix): value.float() for key, value in tensors.items() if key.startswith(prefix)}


def main() -> None:
    from stylegan2 import Settings, Training

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    path = args.run / "checkpoint.pt"
    if not path.exists():
        raise SystemExit(f"compact: expected a checkpoint in {args.run}")
    training = Training(Settings(**torch.load(path, weights_only=False, map_location="cpu")["settings"]))
    training.resume(args.run)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    temporary = args.out.with_suffix(".tmp")
    save_file(pack(training), temporary)
    os.replace(temporary, args.out)
    print(f"{args.out}: {training.seen} images, {args.out.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
