"""The attribute regressor of the paper's synthetic sets: a small CNN with one linear head per factor."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from data import FACTORS


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        widths = (3, 32, 32, 64, 64)
        layers: list[nn.Module] = []
        for a, b in zip(widths[:-1], widths[1:]):
            layers += [nn.Conv2d(a, b, 4, stride=2, padding=1), nn.ReLU()]
        self.encoder = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder(images).flatten(1)


class Regressor(nn.Module):
    """Images [n, 3, 64, 64] in [-1, 1] to one [n, classes] of logits per factor.

    Four 4x4 convolutions of stride two and padding one (32, 32, 64, 64 channels), each with ReLU, give 1024 numbers
    (channel, row, column); then Linear 256 with ReLU, then the heads. The state dict has the paper's released layout:
    backbone.0.encoder.{0,2,4,6}.*, backbone.2.* and classification_heads.{0..6}.*.
    """

    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(Encoder(), nn.ReLU(), nn.Linear(1024, 256), nn.ReLU())
        self.classification_heads = nn.ModuleList(nn.Linear(256, classes) for classes in FACTORS.values())

    def features(self, images: Tensor) -> Tensor:
        """The 256 numbers that all heads read."""
        return self.backbone(images)

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.features(images)
        return [head(features) for head in self.classification_heads]


def load_regressor(path: Path) -> Regressor:
    regressor = Regressor()
    regressor.load_state_dict(load_file(path))
    return regressor.eval().requires_grad_(False)
