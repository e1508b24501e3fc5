"""The attribute regressor of the paper's synthetic sets: a small CNN with one linear head per factor."""

from collections.abc import Iterable
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn


class Encoder(nn.Module):
    def __init__(self, widths: tuple[int, ...]):
        super().__init__()
        layers: list[nn.Module] = []
        for a, b in zip((3, *widths[:-1]), widths):
            layers += [nn.Conv2d(a, b, 4, stride=2, padding=1), nn.ReLU()]
        self.encoder = nn.Sequential(*layers)

    def forward(self, images: Tensor) -> Tensor:
        return self.encoder(images).flatten(1)


class Regressor(nn.Module):
    """Images [n, 3, 64, 64] in [-1, 1] to one [n, classes] of logits per factor.

    Four 4x4 convolutions of stride two and padding one, each with ReLU, give 16 numbers a channel
    (channel, row, column); then Linear 256 with ReLU, then the heads. The state dict has the paper's released layout:
    backbone.0.encoder.{0,2,4,6}.*, backbone.2.* and classification_heads.{k}.*.
    """

    def __init__(self, classes: Iterable[int], widths: tuple[int, ...] = (32, 32, 64, 64)):
        super().__init__()
        self.backbone = nn.Sequential(Encoder(widths), nn.ReLU(), nn.Linear(16 * widths[-1], 256), nn.ReLU())
        self.classification_heads = nn.ModuleList(nn.Linear(256, count) for count in classes)

    def features(self, images: Tensor) -> Tensor:
        """The 256 numbers that all heads read."""
        return self.backbone(images)

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.features(images)
        return [head(features) for head in self.classification_heads]


def load_regressor(path: Path) -> Regressor:
    state = load_file(path)
    heads = sum(key.startswith("classification_heads.") and key.endswith(".bias") for key in state)
    classes = [len(state[f"classification_heads.{k}.bias"]) for k in range(heads)]
    regressor = Regressor(classes, tuple(len(state[f"backbone.0.encoder.{i}.bias"]) for i in (0, 2, 4, 6)))
    regressor.load_state_dict(state)
    return regressor.eval().requires_grad_(False)
