"""Writes packages/models/test/reference/models.json: what PyTorch computes for generators and a regressor with weights from their names.

    python tools/reference/make_models.py

All is computed in float64. Images, features and gradients are kept as a few of their elements, their norm and largest absolute value.
"""

import json
import pathlib
import pickle

import numpy as np
import torch

from reference_stylegan2 import Generator, Regressor, channels_of
from seeded_weights import seeded_normals
from stand_in_persistence import Generator as PersistentGenerator
from stand_in_persistence import tree

FOLDER = pathlib.Path(__file__).parents[2] / "packages/models/test/reference"

CASES = {
    "64 px, multiplier 1": dict(channels=channels_of(64, 1), codes=2, plus=False),
    "64 px, multiplier 2": dict(channels=channels_of(64, 2), codes=1, plus=False),
    "256 px": dict(channels=channels_of(256, 1), codes=1, plus=False),
    "small, NVlabs, clamped": dict(channels=[12, 10, 8, 6], latent=8, z=6, mapping=2, family="nvlabs", clamp=1.5, codes=3, plus=True),
    "small, rosinality": dict(channels=[12, 10, 8, 6], latent=8, z=8, mapping=3, codes=3, plus=False),
}


def summary(tensor: torch.Tensor) -> dict:
    """Elements at 40 places that depend on the size alone, and two numbers about all of them. Images are given channels last."""
    flat = tensor.detach().permute(0, 2, 3, 1).reshape(-1) if tensor.ndim == 4 else tensor.detach().reshape(-1)
    index = (np.arange(40, dtype=np.int64) * 7919 + 13) % flat.numel()
    return {
        "values": [float(f"{flat[i].item():.7g}") for i in index],
        "norm": float(f"{flat.double().norm().item():.8g}"),
        "largest": float(f"{flat.abs().max().item():.8g}"),
    }


def gradient_of_squares(y: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Gradient of half the sum of squares. (That of a sum with random signs cancels so much that float32 keeps three digits of it.)"""
    return torch.autograd.grad(y.square().sum() / 2, x, retain_graph=True)[0]


def make_case(name: str, codes: int, plus: bool, **kwargs) -> dict:
    generator = Generator(**kwargs)
    z = seeded_normals("codes", [codes, generator.z]).double()
    w = generator.map(z)
    code = w if not plus else w[:, None] + 0.3 * seeded_normals("w+", [codes, generator.rows, generator.latent])
    code = code.detach().requires_grad_(True)
    images = generator.synthesize(code)
    result = {"z": [codes, generator.z], "plus": plus, "w": summary(w), "images": summary(images)}
    result["gradient"] = summary(gradient_of_squares(images, code))
    if images.shape[-1] == 64:
        regressor = Regressor().double()
        logits = torch.cat(regressor(images), 1)
        result["features"] = summary(regressor.features(images))
        result["logits"] = summary(logits)
        result["logit gradient"] = summary(gradient_of_squares(logits, code))
    keep = {key: value for key, value in kwargs.items()}
    return {"arguments": keep, **result}


def nvlabs_file(path: pathlib.Path) -> None:
    """A small generator as stylegan2-ada-pytorch would pickle it, by the stand-in persistence module."""
    arguments = CASES["small, NVlabs, clamped"]
    generator = Generator(**{key: value for key, value in arguments.items() if key not in ("codes", "plus")})
    generator.weights = {name: value.float() for name, value in generator.weights.items()}
    tensors = {"mapping.w_avg": seeded_normals("w_avg", [generator.latent])}
    for name, value in generator.weights.items():
        tensors[nvlabs_name(name, generator)] = nvlabs_shape(name, value)
    for level in range(len(generator.channels)):
        tensors[f"synthesis.b{4 << level}.resample_filter"] = torch.outer(*[torch.tensor([1.0, 3.0, 3.0, 1.0])] * 2) / 64
    root = PersistentGenerator(
        z_dim=generator.z, c_dim=0, w_dim=generator.latent, img_resolution=32, img_channels=3,
        mapping_kwargs={"num_layers": generator.mapping}, synthesis_kwargs={"conv_clamp": generator.clamp},
    )
    tree(tensors, {"w_avg", "noise_const", "resample_filter"}, root)
    with open(path, "wb") as file:
        pickle.dump({"training_set_kwargs": None, "G": None, "D": None, "G_ema": root, "augment_pipe": None}, file, protocol=4)


def nvlabs_name(name: str, generator: Generator) -> str:
    parts = name.split(".")
    if parts[0] == "style":
        return f"mapping.fc{int(parts[1]) - 1}.{parts[2]}"
    if name == "input.input":
        return "synthesis.b4.const"
    if parts[0] == "noises":
        layer = int(parts[1].removeprefix("noise_"))
        return f"synthesis.{nvlabs_layer(layer)}.noise_const"
    if parts[0].startswith("to_rgb"):
        level = 0 if parts[0] == "to_rgb1" else int(parts[1]) + 1
        owner, rest = f"b{4 << level}.torgb", name.split("conv.", 1)[-1] if "conv." in name else "bias"
    else:
        layer = 0 if parts[0] == "conv1" else int(parts[1]) + 1
        rest = name.removeprefix(f"{generator.layer_name(layer)}.").removeprefix("conv.")
        owner = nvlabs_layer(layer)
    rest = {"noise.weight": "noise_strength", "activate.bias": "bias"}.get(rest, rest.replace("modulation", "affine"))
    return f"synthesis.{owner}.{rest}"


def nvlabs_layer(layer: int) -> str:
    return f"b{4 * 2 ** ((layer + 1) // 2)}.conv{0 if layer % 2 == 1 else 1}"


def nvlabs_shape(name: str, value: torch.Tensor) -> torch.Tensor:
    if name == "input.input" or name.endswith(".conv.weight"):
        return value[0]
    if name.endswith("noise.weight"):
        return value.reshape(())
    if name.startswith("noises."):
        return value[0, 0]
    if name.startswith("to_rgb") and name.endswith(".bias") and "modulation" not in name:
        return value.reshape(3)
    return value


def rosinality_file(path: pathlib.Path) -> None:
    """A small training file of rosinality's layout: g_ema with its filters, beside what else such files hold."""
    import argparse

    arguments = CASES["small, rosinality"]
    generator = Generator(**{key: value for key, value in arguments.items() if key not in ("codes", "plus")})
    state = dict(generator.weights)
    row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
    for i in range(0, generator.layers - 1, 2):
        state[f"convs.{i}.conv.blur.kernel"] = torch.outer(row, row)
        state[f"to_rgbs.{i // 2}.upsample.kernel"] = torch.outer(row, row)
    state = {name: value.float() for name, value in state.items()}
    torch.save({"g_ema": state, "args": argparse.Namespace(size=32, latent=8), "ada_aug_p": 0.0}, path)


def regressor_file(path: pathlib.Path) -> None:
    """A narrow regressor as the paper's released code saves it, with the head that it never uses."""
    regressor = Regressor(widths=(3, 4, 5, 6, 7), features=9)
    unused = {"continuous_head.weight": torch.zeros(1, 9), "continuous_head.bias": torch.zeros(1)}
    torch.save({"model_state_dict": {**regressor.state_dict(), **unused}, "epoch": 3}, path)


def make_regressor_case() -> dict:
    images = 0.7 * seeded_normals("pictures", [2, 64, 64, 3]).permute(0, 3, 1, 2).double()
    images.requires_grad_(True)
    regressor = Regressor(widths=(3, 4, 5, 6, 7), features=9).double()
    logits = torch.cat(regressor(images), 1)
    return {"features": summary(regressor.features(images)), "logits": summary(logits), "gradient": summary(gradient_of_squares(logits, images))}


def main() -> None:
    torch.set_num_threads(2)
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = {name: make_case(name, **case) for name, case in CASES.items()}
    (FOLDER / "models.json").write_text(json.dumps({"generators": results, "small regressor": make_regressor_case()}, indent=1) + "\n")
    nvlabs_file(FOLDER / "small-nvlabs.pkl")
    rosinality_file(FOLDER / "small-rosinality.pt")
    regressor_file(FOLDER / "small-regressor.pth")


if __name__ == "__main__":
    main()
