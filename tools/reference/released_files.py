"""Files as the paper's code writes and reads them, small: flows (ckpt_{i}.pt), boundaries, W+ codes; and where the flows end.

    python tools/reference/released_files.py

Writes packages/latent-edit/test/fixtures/released/* and packages/latent-edit/test/reference/released-files.json.
"""

import json
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch

ROOT = Path(__file__).resolve().parents[2] / "packages/latent-edit/test"
FOLDER = ROOT / "fixtures/released"
D, ROWS, TIME = 4, 6, 2.5
torch.manual_seed(5)


def layers(depth):
    state = OrderedDict()
    for i in range(depth):
        linear = torch.nn.Linear(D, D)
        state[f"odefunc.model.{2 * i}.weight"] = linear.weight.detach()
        state[f"odefunc.model.{2 * i}.bias"] = linear.bias.detach()
    return state


def velocity(state, w):
    if "odefunc.model.const" in state:
        x = state["odefunc.model.const"].double().expand_as(w)
    else:
        x = w
        for i in range(len(state) // 2):
            x = x if i == 0 else torch.nn.functional.leaky_relu(x, 0.2)
            x = x @ state[f"odefunc.model.{2 * i}.weight"].double().T + state[f"odefunc.model.{2 * i}.bias"].double() + x
    return x / (x.norm(dim=-1, keepdim=True) + 1e-6)


def one_step(state, w, h):
    """The 3/8 rule over [0, h], as torchdiffeq's rk4 with two output times."""
    k1 = velocity(state, w)
    k2 = velocity(state, w + h * k1 / 3)
    k3 = velocity(state, w + h * (k2 - k1 / 3))
    k4 = velocity(state, w + h * (k1 - k2 + k3))
    return w + h * (k1 + 3 * (k2 + k3) + k4) / 8


FOLDER.mkdir(parents=True, exist_ok=True)
flows = {"ckpt_0": layers(1), "ckpt_2": layers(2), "constant": OrderedDict({"odefunc.model.const": torch.randn(1, D)})}
actors = torch.randn(2, ROWS, D)
boundary = np.random.default_rng(5).normal(size=(1, D))
boundary /= np.linalg.norm(boundary)

for name, state in flows.items():
    torch.save(state, FOLDER / f"{name}.pt")
torch.save({"state_dict": flows["ckpt_0"], "iteration": 7}, FOLDER / "wrapped.pt")
torch.save(flows["ckpt_0"], FOLDER / "old-stream.pt", _use_new_zipfile_serialization=False)
torch.save(actors, FOLDER / "actors.pt")
torch.save(torch.from_numpy(boundary[0]), FOLDER / "boundary.pt")
np.save(FOLDER / "boundary.npy", boundary)
np.save(FOLDER / "boundary-flat.npy", boundary[0].astype(np.float32))
torch.save({"weights": torch.randn(3, D), "bias": torch.randn(3)}, FOLDER / "regressor.pt")
torch.save({"ws": actors[:, 0].numpy(), "labels": np.zeros((2, 3), np.int64)}, FOLDER / "all.pt")

w = actors.double()
ends = {name: one_step(state, w, TIME) for name, state in flows.items()}
reference = {
    "t": TIME,
    "actors": {"shape": list(actors.shape), "data": actors.flatten().tolist()},
    "boundary": boundary[0].tolist(),
    "ends": {name: end.flatten().tolist() for name, end in ends.items()},
}
(ROOT / "reference/released-files.json").write_text(json.dumps(reference) + "\n")
