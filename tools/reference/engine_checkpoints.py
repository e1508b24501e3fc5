"""PyTorch files as people have them: several state dicts in one, and a whole module, which is code by reference. Writes packages/engine/test/reference/*.pt.

    python tools/reference/engine_checkpoints.py        (needs torch)
"""

import pathlib

import torch
from torch import nn

OUT = pathlib.Path(__file__).parents[2] / "packages/engine/test/reference"


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(2, 2)


def main():
    torch.manual_seed(0)
    OUT.mkdir(parents=True, exist_ok=True)
    torch.save({"nets": {"g": Generator().state_dict(), "d": Generator().state_dict()}, "step": 3}, OUT / "several.pt")
    torch.save(Generator(), OUT / "whole-module.pt")


if __name__ == "__main__":
    main()
