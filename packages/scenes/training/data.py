"""The rendered training set, memory-mapped: factors.json, images.npy and labels.npy as `export-dataset.ts` writes them."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

HELD_OUT = 20_000


class Scenes:
    """All but the last `HELD_OUT` images, or those alone. The order on disk is random already."""

    def __init__(self, folder: Path, held_out: bool = False):
        # Classes by factor, in the order of the labels' columns.
        self.factors: dict[str, int] = json.loads((folder / "factors.json").read_text())
        images = np.load(folder / "images.npy", mmap_mode="r")
        labels = np.load(folder / "labels.npy")
        split = max(len(images) - HELD_OUT, len(images) // 2)
        part = slice(split, None) if held_out else slice(0, split)
        self.images, self.labels = images[part], labels[part]

    def __len__(self) -> int:
        return len(self.images)

    def batch(self, indices: np.ndarray) -> Tensor:
        """Images [n, 3, 64, 64] in [-1, 1], in the order of their places on disk."""
        return torch.from_numpy(self.images[np.sort(indices)]).permute(0, 3, 1, 2).float() / 127.5 - 1

    def labelled_batch(self, indices: np.ndarray) -> tuple[Tensor, Tensor]:
        """Images and their labels [n, factors]."""
        indices = np.sort(indices)
        return self.batch(indices), torch.from_numpy(self.labels[indices]).long()
