"""The attribute regressor of the paper's synthetic sets: a small CNN with one linear head per factor."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from data import FACTORS


class Regressor(nn.Module):
    """Images [n, 3, 64, 64] in [-1, 1] to one [n, classes] of logits per factor.

    Four 4x4 convolutions of stride two and padding one (32, 32, 64, 64 channels), each with ReLU, give 1024 numbers
    (channel, row, column); then Linear 256 with ReLU, then the heads.
    """

    def __init__(self):
        super().__init__()
        widths = (3, 32, 32, 64, 64)
        layers: list[nn.Module] = []
        for a, b in zip(widths[:-1], widths[1:]):
            layers += [nn.Conv2d(a, b, 4, stride=2, padding=1), nn.ReLU()]
        self.backbone = nn.Sequential(*layers, nn.Flatten(), nn.Linear(1024, 256), nn.ReLU())
        self.heads = nn.ModuleList(nn.Linear(256, classes) for classes in FACTORS.values())

    def features(self, images: Tensor) -> Tensor:
        """The 256 numbers that all heads read."""
        return self.backbone(images)

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.features(images)
        return [head(features) for head in self.heads]


def load_regressor(path: Path) -> Regressor:
    regressor = Regressor()
    regressor.load_state_dict(load_file(path))
    return regressor.eval().requires_grad_(False)
