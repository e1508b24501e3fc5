"""Writes packages/models/test/reference/perceptual.json: what PyTorch computes for LPIPS, VGG16 and InceptionResnetV1 with weights from their names.

    python tools/reference/make_perceptual.py

All is computed in float64. The layers stand here as the state dicts of torchvision and facenet-pytorch name and shape them.
"""

import json
import math
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

from make_models import gradient_of_squares, summary
from seeded_weights import seeded_normals, seeded_uniforms

FOLDER = pathlib.Path(__file__).parents[2] / "packages/models/test/reference"


def seeded_state(shapes: dict[str, list[int]]) -> dict[str, torch.Tensor]:
    """As `seededNetwork` of packages/models/test/seeded-weights.ts: uniform numbers of the variance that keeps activations' size."""
    state = {}
    for name, shape in shapes.items():
        if name.endswith("num_batches_tracked"):
            continue
        numbers = seeded_uniforms(name, shape)
        if len(shape) > 1:
            numbers = numbers * math.sqrt(6 / math.prod(shape[1:]))
        elif name.endswith("running_var") or name.endswith("weight"):
            numbers = 1 + 0.2 * numbers
        else:
            numbers = 0.1 * numbers
        state[name] = numbers
    return state


def load(network: nn.Module) -> nn.Module:
    shapes = {name: list(value.shape) for name, value in network.state_dict().items()}
    network.load_state_dict(seeded_state(shapes), strict=False)
    return network.double().eval()


def picture(name: str, shape: list[int]) -> torch.Tensor:
    """[n, height, width, 3] in the project's layout, as PyTorch's [n, 3, height, width]."""
    return (0.5 * seeded_normals(name, shape)).permute(0, 3, 1, 2).double().requires_grad_(True)


def alexnet(divisor: int) -> nn.Sequential:
    relu, pool = nn.ReLU, lambda: nn.MaxPool2d(3, 2)
    a, b, c, d = [width // divisor for width in (64, 192, 384, 256)]
    layers = [nn.Conv2d(3, a, 11, 4, 2), relu(), pool(), nn.Conv2d(a, b, 5, 1, 2), relu(), pool()]
    for inputs, outputs in [(b, c), (c, d), (d, d)]:
        layers += [nn.Conv2d(inputs, outputs, 3, 1, 1), relu()]
    return nn.Sequential(*layers, pool())


def vgg16(divisor: int) -> nn.Sequential:
    layers, inputs = [], 3
    for outputs in [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]:
        if outputs == "M":
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(inputs, outputs // divisor, 3, 1, 1), nn.ReLU()]
            inputs = outputs // divisor
    return nn.Sequential(*layers)


class Features(nn.Module):
    def __init__(self, features: nn.Sequential):
        super().__init__()
        self.features = features


class Lpips:
    """LPIPS v0.1 (Zhang et al. 2018), on torchvision's features."""

    TAPS = {"alexnet": [1, 4, 7, 9, 11], "vgg16": [3, 8, 15, 22, 29]}

    def __init__(self, network: str, divisor: int):
        self.features = load(Features((alexnet if network == "alexnet" else vgg16)(divisor))).features
        self.taps = self.TAPS[network]
        self.linear = []

    def activations(self, images: torch.Tensor) -> list[torch.Tensor]:
        found, x = [], images
        for i, layer in enumerate(self.features):
            x = layer(x)
            if i in self.taps:
                found.append(x)
        return found

    def weights(self, k: int, channels: int) -> torch.Tensor:
        return seeded_uniforms(f"lin{k}.model.1.weight", [1, channels, 1, 1]).abs().double()

    def __call__(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        shift = torch.tensor([-0.030, -0.088, -0.188]).double().reshape(1, 3, 1, 1)
        scale = torch.tensor([0.458, 0.448, 0.450]).double().reshape(1, 3, 1, 1)
        total = 0
        for k, (x, y) in enumerate(zip(self.activations((a - shift) / scale), self.activations((b - shift) / scale))):
            unit = [t / (t.square().sum(1, keepdim=True).sqrt() + 1e-10) for t in (x, y)]
            squares = (unit[0] - unit[1]).square()
            total = total + (squares * self.weights(k, squares.shape[1])).sum(1).mean((1, 2))
        return total


def lpips_case(network: str, side: int, divisor: int = 1) -> dict:
    a, b = picture("first", [2, side, side, 3]), picture("second", [2, side, side, 3])
    distances = Lpips(network, divisor)(a, b)
    return {"side": side, "distances": summary(distances), "gradient": summary(torch.autograd.grad(distances.sum(), a)[0])}


def vgg16_case(side: int, divisor: int = 1) -> dict:
    images = picture("first", [1, side, side, 3])
    mean = torch.tensor([0.485, 0.456, 0.406]).double().reshape(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).double().reshape(1, 3, 1, 1)
    network = Lpips("vgg16", divisor)
    activations = network.activations(((images + 1) / 2 - mean) / deviation)
    return {"side": side, "activations": [summary(x) for x in activations], "gradient": summary(gradient_of_squares(activations[-1], images))}


class Unit(nn.Module):
    """Convolution, batch normalisation with facenet-pytorch's epsilon, ReLU."""

    def __init__(self, inputs, outputs, kernel=1, stride=1, padding=0):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, padding, bias=False)
        self.bn = nn.BatchNorm2d(outputs, eps=0.001)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Residual(nn.Module):
    def __init__(self, channels, branches, scale, relu=True):
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"branch{i}", branch)
        self.count, self.scale, self.relu = len(branches), scale, relu
        joined = sum((branch[-1] if isinstance(branch, nn.Sequential) else branch).conv.out_channels for branch in branches)
        self.conv2d = nn.Conv2d(joined, channels, 1)

    def forward(self, x):
        y = self.conv2d(torch.cat([getattr(self, f"branch{i}")(x) for i in range(self.count)], 1)) * self.scale + x
        return F.relu(y) if self.relu else y


class Reduction(nn.Module):
    def __init__(self, *branches):
        super().__init__()
        for i, branch in enumerate(branches):
            self.add_module(f"branch{i}", branch)
        self.count = len(branches)

    def forward(self, x):
        return torch.cat([getattr(self, f"branch{i}")(x) for i in range(self.count)] + [F.max_pool2d(x, 3, 2)], 1)


def block35():
    deep = nn.Sequential(Unit(256, 32), Unit(32, 32, 3, 1, 1), Unit(32, 32, 3, 1, 1))
    return Residual(256, [Unit(256, 32), nn.Sequential(Unit(256, 32), Unit(32, 32, 3, 1, 1)), deep], 0.17)


def crossed(channels, width, length, scale, relu=True):
    half = length // 2
    way = nn.Sequential(Unit(channels, width), Unit(width, width, (1, length), 1, (0, half)), Unit(width, width, (length, 1), 1, (half, 0)))
    return Residual(channels, [Unit(channels, width), way], scale, relu)


class InceptionResnetV1(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv2d_1a = Unit(3, 32, 3, 2)
        self.conv2d_2a = Unit(32, 32, 3)
        self.conv2d_2b = Unit(32, 64, 3, 1, 1)
        self.conv2d_3b = Unit(64, 80)
        self.conv2d_4a = Unit(80, 192, 3)
        self.conv2d_4b = Unit(192, 256, 3, 2)
        self.repeat_1 = nn.Sequential(*[block35() for _ in range(5)])
        self.mixed_6a = Reduction(Unit(256, 384, 3, 2), nn.Sequential(Unit(256, 192), Unit(192, 192, 3, 1, 1), Unit(192, 256, 3, 2)))
        self.repeat_2 = nn.Sequential(*[crossed(896, 128, 7, 0.1) for _ in range(10)])
        self.mixed_7a = Reduction(
            nn.Sequential(Unit(896, 256), Unit(256, 384, 3, 2)),
            nn.Sequential(Unit(896, 256), Unit(256, 256, 3, 2)),
            nn.Sequential(Unit(896, 256), Unit(256, 256, 3, 1, 1), Unit(256, 256, 3, 2)),
        )
        self.repeat_3 = nn.Sequential(*[crossed(1792, 192, 3, 0.2) for _ in range(5)])
        self.block8 = crossed(1792, 192, 3, 1, False)
        self.last_linear = nn.Linear(1792, 512, bias=False)
        self.last_bn = nn.BatchNorm1d(512, eps=0.001)

    def forward(self, images):
        x = F.interpolate(images, (160, 160), mode="bilinear", align_corners=False) * (127.5 / 128)
        x = self.conv2d_2b(self.conv2d_2a(self.conv2d_1a(x)))
        x = self.conv2d_4b(self.conv2d_4a(self.conv2d_3b(F.max_pool2d(x, 3, 2))))
        x = self.repeat_3(self.mixed_7a(self.repeat_2(self.mixed_6a(self.repeat_1(x)))))
        x = self.block8(x).mean((2, 3))
        return F.normalize(self.last_bn(self.last_linear(x)), p=2, dim=1)


def inception_case(side: int) -> dict:
    images = picture("first", [1, side, side, 3])
    embedding = load(InceptionResnetV1())(images)
    # Of the squared distance to a fixed direction: that of a unit vector's own square is 0.
    other = F.normalize(seeded_normals("other", [1, 512]).double(), dim=1)
    return {"side": side, "embedding": summary(embedding), "gradient": summary(gradient_of_squares(embedding - other, images))}


def main() -> None:
    torch.set_num_threads(2)
    results = {
        "whole": {"alexnet": lpips_case("alexnet", 64), "vgg16": lpips_case("vgg16", 32), "activations": vgg16_case(32)},
        # A quarter of the channels, for tests that take a moment only.
        "narrow": {"alexnet": lpips_case("alexnet", 64, 4), "vgg16": lpips_case("vgg16", 32, 4), "activations": vgg16_case(32, 4)},
        "inception": inception_case(96),
    }
    (FOLDER / "perceptual.json").write_text(json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    main()
