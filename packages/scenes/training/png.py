"""Writes a PNG without an imaging library."""

import struct
import zlib
from pathlib import Path

import torch
from torch import Tensor


def write_png(path: Path, pixels: Tensor) -> None:
    """`pixels`: uint8 [height, width, 3]."""
    height, width, _ = pixels.shape
    rows = b"".join(b"\0" + row.numpy().tobytes() for row in pixels)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def grid(images: Tensor, columns: int) -> Tensor:
    """Images [n, 3, h, w] in [-1, 1] to one uint8 picture, row by row."""
    n, _, h, w = images.shape
    pixels = ((images.float().clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8)
    rows = n // columns
    tiled = pixels[: rows * columns].reshape(rows, columns, 3, h, w).permute(0, 3, 1, 4, 2)
    return tiled.reshape(rows * h, columns * w, 3).contiguous()
