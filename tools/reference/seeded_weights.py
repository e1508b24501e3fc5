"""Weights from names: the same numbers as packages/models/test/seeded-weights.ts makes."""

import re

import numpy as np
import torch


def fnv1a(text: str) -> int:
    value = 0x811C9DC5
    for byte in text.encode():
        value = ((value ^ byte) * 0x01000193) & 0xFFFFFFFF
    return value


def uniform(key: int, index: np.ndarray) -> np.ndarray:
    """(0, 1), from MurmurHash3's finaliser over a counter."""
    with np.errstate(over="ignore"):
        h = np.uint32(key) + (index.astype(np.uint32) + np.uint32(1)) * np.uint32(0x9E3779B9)
        h = (h ^ (h >> np.uint32(16))) * np.uint32(0x85EBCA6B)
        h = (h ^ (h >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return ((h ^ (h >> np.uint32(16))).astype(np.float64) + 0.5) / 2**32


def seeded_normals(name: str, shape: list[int]) -> torch.Tensor:
    """Box-Muller in float64, rounded to float32."""
    count = int(np.prod(shape, dtype=np.int64))
    index = np.arange(0, count, 2)
    key = fnv1a(name)
    radius = np.sqrt(-2 * np.log(uniform(key, index)))
    angle = 2 * np.pi * uniform(key, index + 1)
    pairs = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).reshape(-1)[:count]
    return torch.from_numpy(pairs.astype(np.float32)).reshape(list(shape))


def spread(name: str) -> tuple[float, float]:
    """Deviation and mean of a tensor's elements, by the end of its name."""
    if name.endswith("modulation.bias"):
        return 0.1, 1.0
    if re.fullmatch(r"style\.\d+\.weight", name):
        return 100.0, 0.0
    if re.fullmatch(r"style\.\d+\.bias", name):
        return 10.0, 0.0
    if name.endswith("noise.weight") or name.endswith("bias"):
        return 0.1, 0.0
    return 1.0, 0.0


def seeded_tensor(name: str, shape: list[int]) -> torch.Tensor:
    deviation, mean = spread(name)
    return mean + deviation * seeded_normals(name, shape)


def seeded_uniforms(name: str, shape: list[int]) -> torch.Tensor:
    """Uniform in (-1, 1), rounded to float32."""
    index = np.arange(int(np.prod(shape, dtype=np.int64)))
    return torch.from_numpy((2 * uniform(fnv1a(name), index) - 1).astype(np.float32)).reshape(list(shape))
