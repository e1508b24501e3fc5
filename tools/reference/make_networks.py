"""Writes packages/models/test/reference/networks.json: what PyTorch computes for residual regressors with weights from their names.

    python tools/reference/make_networks.py

All is computed in float64. Each case keeps the names and shapes of its state dict, and features, logits and gradients as `summary` does.
"""

import json
import math
import pathlib

import torch
from torch import nn


from make_models import gradient_of_squares, summary
from reference_resnet import Heads, ResNet, imagenet, to_unit
from reference_stylegan2 import Generator, channels_of
from seeded_weights import seeded_normals, seeded_uniforms

FOLDER = pathlib.Path(__file__).parents[2] / "packages/models/test/reference"


def seeded(module: nn.Module) -> nn.Module:
    """As `seededNetwork` of packages/models/test/seeded-weights.ts: uniform numbers of the variance that keeps activations' size."""
    state = {}
    for name, value in module.state_dict().items():
        if name.endswith("num_batches_tracked"):
            continue
        numbers = seeded_uniforms(name, list(value.shape))
        if value.ndim > 1:
            state[name] = numbers * math.sqrt(6 / math.prod(value.shape[1:]))
        else:
            state[name] = 1 + 0.2 * numbers if name.endswith(("running_var", "weight")) else 0.1 * numbers
    module.load_state_dict(state, strict=False)
    return module.double().eval()


def shapes_of(module: nn.Module) -> dict[str, list[int]]:
    return {name: list(value.shape) for name, value in module.state_dict().items()}


def pictures(side: int, n: int = 2) -> torch.Tensor:
    """[n, height, width, 3] in the project's layout; some beyond [-1, 1], as generators make them."""
    return (0.7 * seeded_normals("pictures", [n, side, side, 3])).permute(0, 3, 1, 2).double().requires_grad_(True)


def case(images: torch.Tensor, features: torch.Tensor, logits: list[torch.Tensor], module: nn.Module, **kept) -> dict:
    joined = torch.cat(logits, 1)
    return {
        **kept,
        "images": [images.shape[0], images.shape[2], images.shape[3], 3],
        "classes": [part.shape[1] for part in logits],
        "features": summary(features),
        "logits": summary(joined),
        "gradient": summary(gradient_of_squares(joined, images)),
        "shapes": shapes_of(module),
    }


def isaac(side: int) -> dict:
    classes = [3, 8, 5, 4, 4, 4, 6, 4, 4]
    strides = [1, 1 if side <= 32 else 2, 2, 2]
    backbone = nn.Sequential(ResNet([2, 2, 2, 2], [16, 24, 32, 40], cifar_strides=strides), nn.ReLU(), nn.Linear(40, 24), nn.ReLU())
    model = seeded(Heads(backbone, 24, classes))
    x = pictures(side)
    features = model.backbone(to_unit(x))
    return case(x, features, [head(features) for head in model.classification_heads], model)


def faces() -> dict:
    fc = nn.Sequential(nn.ReLU(), nn.Linear(40, 24), nn.ReLU())
    model = Heads(ResNet([2, 2, 2, 2], [16, 24, 32, 40], fc=fc), 24, [2] * 5)
    model.continuous_head = nn.Linear(24, 1)
    model = seeded(model)
    x = pictures(64)
    features = model.backbone(imagenet(x))
    return case(x, features, [head(features) for head in model.classification_heads], model)


def plain34() -> dict:
    """torchvision's own layout with 10 classes, of images that shrink."""
    model = seeded(ResNet([3, 4, 6, 3], [8, 16, 24, 32], fc=nn.Linear(32, 10)))
    x = pictures(280, 1)
    prepared = imagenet(x, mode="bilinear", align_corners=False, antialias=True)
    logits = model(prepared)
    model.fc = nn.Identity()
    features = model(prepared)
    model.fc = nn.Linear(32, 10)
    return case(x, features, [logits], model)


def sequence50() -> dict:
    """One last layer of four logits, each an attribute of two classes, behind a hidden layer; bilinear from another size."""
    fc = nn.Sequential(nn.Linear(64, 20), nn.Tanh(), nn.Dropout(), nn.Linear(20, 4))
    model = seeded(ResNet([3, 4, 6, 3], [8, 8, 16, 16], bottleneck=True, fc=fc))
    x = pictures(80, 1)
    prepared = imagenet(x, mode="bilinear", align_corners=False)
    z = model(prepared)
    model.fc = fc[:3]
    features = model(prepared)
    model.fc = fc
    zero = torch.zeros_like(z[:, :1])
    return case(x, features, [torch.cat([zero, z[:, k : k + 1]], 1) for k in range(4)], model)


def normalised() -> list[dict]:
    """BatchNorm1d behind linear layers and behind activations, in one head and in several."""
    small = dict(blocks=[2, 2, 2, 2], widths=[8, 8, 12, 12], cifar_strides=[1, 1, 2, 2])
    x = pictures(16)
    fc = nn.Sequential(nn.Linear(12, 10), nn.BatchNorm1d(10), nn.ReLU(), nn.Dropout(), nn.Linear(10, 3))
    one = seeded(ResNet(**small, fc=fc))
    logits = one(to_unit(x))
    one.fc = fc[:3]
    features = one(to_unit(x))
    one.fc = fc
    several = nn.Module()
    several.backbone = ResNet(**small)
    several.heads = nn.ModuleList(
        [
            nn.Sequential(nn.BatchNorm1d(12), nn.Dropout(), nn.Linear(12, 8, bias=False), nn.ReLU(), nn.BatchNorm1d(8), nn.Dropout(), nn.Linear(8, 3)),
            nn.Sequential(nn.Linear(12, 6), nn.BatchNorm1d(6, affine=False), nn.ReLU(), nn.Linear(6, 2), nn.BatchNorm1d(2)),
            nn.Sequential(nn.BatchNorm1d(12), nn.ReLU(), nn.Dropout(), nn.Linear(12, 4)),
        ]
    )
    several = seeded(several)
    y = pictures(16)
    seen = several.backbone(to_unit(y))
    return [case(x, features, [logits], one), case(y, seen, [head(seen) for head in several.heads], several)]


def pair() -> dict:
    """The paper's networks for faces: a 256 px StyleGAN2 (multiplier 1), then ResNet18 at 224 with 40 heads of two classes.

    The code is one where no ReLU hangs on the last digits of float32: at others a single one that turns moves the gradient by 0.2 %.
    """
    generator = Generator(channels_of(256, 1))
    fc = nn.Sequential(nn.ReLU(), nn.Linear(512, 512), nn.ReLU())
    model = seeded(Heads(ResNet([2, 2, 2, 2], [64, 128, 256, 512], fc=fc), 512, [2] * 40))
    w = generator.map(seeded_normals("codes of the pair", [1, 512]).double()).detach().requires_grad_(True)
    images = generator.synthesize(w)
    features = model.backbone(imagenet(images))
    logits = torch.cat([head(features) for head in model.classification_heads], 1)
    return {
        "images": summary(images),
        "features": summary(features),
        "logits": summary(logits),
        "gradient": summary(gradient_of_squares(logits, w)),
        "shapes": shapes_of(model),
    }


def wrapped_face_file(path: pathlib.Path) -> dict:
    """A narrow regressor for faces as the released code saves it, trained under DataParallel."""
    fc = nn.Sequential(nn.ReLU(), nn.Linear(6, 8), nn.ReLU())
    model = Heads(ResNet([2, 2, 2, 2], [4, 4, 6, 6], fc=fc), 8, [2] * 3)
    model.continuous_head = nn.Linear(8, 1)
    model = seeded(model)
    x = pictures(48)
    features = model.backbone(imagenet(x))
    result = case(x, features, [head(features) for head in model.classification_heads], model)
    torch.save({"model_state_dict": {f"module.{name}": value for name, value in model.float().state_dict().items()}, "epoch": 3}, path)
    return {name: value for name, value in result.items() if name != "shapes"}


def half_average_file(path: pathlib.Path) -> dict:
    """A small StyleGAN2 of half precision: the average alone, of a wrapped module."""
    generator = Generator([12, 10, 8, 6], latent=8, z=8, mapping=3)
    half = {name: value.half() for name, value in generator.weights.items()}
    torch.save({"params_ema": {f"module.{name}": value for name, value in half.items()}, "latent_avg": seeded_normals("latent_avg", [8]), "iteration": 7}, path)
    generator.weights = {name: value.double() for name, value in half.items()}
    with torch.no_grad():
        return summary(generator.synthesize(generator.map(seeded_normals("codes", [3, 8]).double())))


def main() -> None:
    torch.set_num_threads(2)
    one, several = normalised()
    cases = {
        "resnet18-cifar": isaac(44),
        "resnet18-cifar, 32 px": isaac(32),
        "resnet18, the paper's": faces(),
        "resnet34, torchvision's": plain34(),
        "resnet50, a sequence": sequence50(),
        "resnet18-cifar, batch norm in its head": one,
        "resnet18-cifar, batch norm in several heads": several,
    }
    files = {
        "face file": wrapped_face_file(FOLDER / "small-faces.pth"),
        "half average": half_average_file(FOLDER / "small-half-average.pt"),
    }
    all_cases = {"regressors": cases, "pair": pair(), **files}
    lines = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in all_cases.items()]
    (FOLDER / "networks.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
