"""Writes the files under packages/checkpoints/test/reference/ with PyTorch, NumPy and safetensors themselves.

    python tools/reference/make_checkpoints.py

Every tensor's elements follow from its name and shape (see `values`), so the tests need no copy of them.
"""

import argparse
import collections
import json
import pathlib
import pickle
import warnings

import numpy as np
import torch
from safetensors.torch import save_file

from stand_in_persistence import persistent_network

FOLDER = pathlib.Path(__file__).parents[2] / "packages/checkpoints/test/reference"
DTYPES = "float16 bfloat16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool".split()


def values(name: str, shape: list[int]) -> torch.Tensor:
    """Element i of a float64 tensor is ((i * 37 + length of the name * 11) % 251 - 125) / 16: exact in every type but bfloat16."""
    index = torch.arange(int(np.prod(shape)), dtype=torch.float64)
    return (((index * 37 + len(name) * 11) % 251 - 125) / 16).reshape(shape)


def of_type(name: str) -> torch.Tensor:
    """A 3 × 5 tensor of the type called `name`."""
    v = values(name, [3, 5])
    if name == "bool":
        return v > 0
    if "int" in name:
        return (v.abs() * 16 if name.startswith("u") else (v * 16).clamp(-100, 100)).to(torch.int64).to(getattr(torch, name))
    return v.to(getattr(torch, name))


def training_file() -> dict:
    """Everything that real checkpoints were seen to hold, in one dict."""
    base = values("base", [4, 6]).float()
    module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        for name, tensor in module.state_dict().items():
            tensor.copy_(values(name, list(tensor.shape)))
    optimizer = torch.optim.Adam(module.parameters(), lr=0.002)
    return {
        "types": {name: of_type(name) for name in DTYPES},
        "transposed": base.t(),
        "sliced": base[1:3, ::2],
        "shared": [base, base[2]],
        "expanded": base[0, :1].expand(7),
        "scalar": torch.tensor(2.5),
        "empty": torch.zeros(0, 3),
        "parameter": torch.nn.Parameter(base[:2].clone()),
        "g_ema": module.state_dict(),
        "optimizer": optimizer.state_dict(),
        "args": argparse.Namespace(size=64, lr=0.002, path="out", arch=None, ada=True),
        "array": np.arange(12, dtype=np.float64).reshape(3, 4) / 8,
        "fortran": np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
        "numpy_scalar": np.float32(0.75),
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "numbers": [0, 255, 256, 65536, -1, 2**31, -(2**40), 2**70, 1.5, True, None],
        "text": "übung ✓",
        "set": {3},
        "bytes": b"\x00\xff",
        "device": torch.device("cpu"),
        "dtype": torch.float32,
        "size": torch.Size([2, 3]),
    }


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    warnings.simplefilter("ignore")
    content = training_file()
    torch.save(content, FOLDER / "training.zip.pt")
    torch.save(content, FOLDER / "training.legacy.pt", _use_new_zipfile_serialization=False)
    torch.save(content, FOLDER / "training.protocol4.pt", pickle_protocol=4)
    torch.save({"evil": Evil()}, FOLDER / "evil.pt")
    save_file({name: of_type(name) for name in DTYPES}, FOLDER / "types.safetensors", {"made": "by safetensors"})
    network = persistent_network(lambda name, shape: values(name, list(shape)).float())
    for protocol in (2, 4):
        with open(FOLDER / f"nvlabs.protocol{protocol}.pkl", "wb") as file:
            pickle.dump(network, file, protocol=protocol)
    array = values("array", [4, 3]).numpy().astype(np.float32)
    np.save(FOLDER / "c.npy", array)
    np.save(FOLDER / "fortran.npy", np.asfortranarray(array))
    np.save(FOLDER / "big-endian.npy", array.astype(">f4"))
    np.savez(FOLDER / "stored.npz", images=values("images", [10, 4, 3]).numpy().astype(np.float32), labels=np.arange(10))
    np.savez_compressed(FOLDER / "deflated.npz", images=values("images", [10, 4, 3]).numpy().astype(np.float32), labels=np.arange(10))
    names = {name: list(tensor.shape) for name, tensor in network["G_ema"].state_dict().items()}
    (FOLDER / "nvlabs-state-dict.json").write_text(json.dumps(names) + "\n")


class Evil:
    """A value that would run a command in a reader that follows it."""

    def __reduce__(self):
        import os

        return (os.system, ("echo this must never run",))


if __name__ == "__main__":
    main()
