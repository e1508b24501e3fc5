"""Writes what PyTorch makes of 8-bit floats: packages/checkpoints/test/reference/float8.json, .safetensors and .pt.

    python tools/reference/make_float8.py
"""

import json
import pathlib

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parents[2] / "packages/checkpoints/test/reference"
TYPES = [torch.float8_e4m3fn, torch.float8_e5m2]
# Ties, subnormals, overflow and what lies beside them.
NUMBERS = [0.0, -0.0, 1.0625, 1.0626, 1.1875, 1.125, 1.375, -1.625, 440, 448, 449, 463.9, 464, 464.1, 465, 479, 480, 1e4, -1e9]
NUMBERS += [57344, 61439, 61440, 61441, -65536, 2.0**-6, 2.0**-7, 2.0**-9, 2.0**-10, 1.5 * 2.0**-10, 3 * 2.0**-11, 2.0**-11]
NUMBERS += [2.0**-14, 2.0**-16, 2.0**-17, 1.5 * 2.0**-17, 2.0**-18, 2.0**-30, 1e-40, float("inf"), float("-inf"), float("nan"), 0.3, -7.7, 123.4]


def main() -> None:
    table = {}
    for dtype in TYPES:
        name = str(dtype).removeprefix("torch.")
        codes = torch.arange(256, dtype=torch.uint8)
        values = codes.view(dtype).float()
        numbers = torch.tensor(NUMBERS, dtype=torch.float32)
        table[name] = {
            "values": [text(x) for x in values.tolist()],
            "numbers": [text(x) for x in numbers.tolist()],
            "codes": numbers.to(dtype).view(torch.uint8).tolist(),
        }
    (FOLDER / "float8.json").write_text(json.dumps(table) + "\n")
    tensors = {str(dtype).removeprefix("torch."): torch.arange(256, dtype=torch.uint8).view(dtype).reshape(16, 16) for dtype in TYPES}
    torch.save(tensors, FOLDER / "float8.pt")
    save_file({**tensors, "complex64": torch.ones(2, dtype=torch.complex64)}, FOLDER / "float8.safetensors")
    # Without checksums: every CRC-32 of the archive is 0.
    torch.serialization.set_crc32_options(False)
    torch.save({"a": torch.arange(5.0)}, FOLDER / "no-checksums.pt")


def text(x: float) -> float | str:
    """JSON has no infinities and no NaN."""
    return x if abs(x) < float("inf") else str(x).replace("inf", "Infinity")


if __name__ == "__main__":
    main()
