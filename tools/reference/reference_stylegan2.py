"""StyleGAN2's generator in PyTorch, written from the papers (Karras et al. 2020, arXiv:1912.04958 and 2006.06676) to check the TypeScript one.

Everything is done the plain way and in float64: weights are modulated and demodulated for each image and applied as grouped convolutions, upsampling
is a transposed convolution followed by a 4 x 4 filter. State-dict names are those of rosinality's layout; `family` chooses where the
demodulation adds its 1e-8. Channels come from a list, one number for each side 4, 8, ...
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seeded_weights import seeded_tensor

ROOT2 = math.sqrt(2)


def channels_of(side: int, multiplier: int) -> list[int]:
    table = {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64, 512: 32, 1024: 16}
    sides = [2**k for k in range(2, int(math.log2(side)) + 1)]
    return [table[s] * (multiplier if s >= 64 else 1) for s in sides]


def filter_4x4(gain: float) -> Tensor:
    row = torch.tensor([1.0, 3.0, 3.0, 1.0])
    return gain * torch.outer(row, row).double() / 64


class Generator(nn.Module):
    def __init__(self, channels: list[int], latent: int = 512, z: int = 512, mapping: int = 8, family: str = "rosinality", clamp: float | None = None):
        super().__init__()
        self.channels, self.latent, self.z, self.mapping, self.family, self.clamp = channels, latent, z, mapping, family, clamp
        self.layers = 2 * len(channels) - 1
        self.rows = self.layers + 1
        self.weights = {name: seeded_tensor(name, shape).double() for name, shape in self.shapes().items()}

    def shapes(self) -> dict[str, list[int]]:
        shapes: dict[str, list[int]] = {}
        for i in range(self.mapping):
            shapes[f"style.{i + 1}.weight"] = [self.latent, self.z if i == 0 else self.latent]
            shapes[f"style.{i + 1}.bias"] = [self.latent]
        shapes["input.input"] = [1, self.channels[0], 4, 4]
        for i in range(self.layers):
            inputs, outputs = self.io(i)
            self.add_convolution(shapes, self.layer_name(i), inputs, outputs, 3)
            shapes[f"{self.layer_name(i)}.noise.weight"] = [1]
            shapes[f"{self.layer_name(i)}.activate.bias"] = [outputs]
            shapes[f"noises.noise_{i}"] = [1, 1, self.side(i), self.side(i)]
        for level, width in enumerate(self.channels):
            self.add_convolution(shapes, self.rgb_name(level), width, 3, 1)
            shapes[f"{self.rgb_name(level)}.bias"] = [1, 3, 1, 1]
        return shapes

    def add_convolution(self, shapes: dict, name: str, inputs: int, outputs: int, size: int) -> None:
        shapes[f"{name}.conv.weight"] = [1, outputs, inputs, size, size]
        shapes[f"{name}.conv.modulation.weight"] = [inputs, self.latent]
        shapes[f"{name}.conv.modulation.bias"] = [inputs]

    def io(self, i: int) -> tuple[int, int]:
        level = (i + 1) // 2
        return self.channels[level - 1 if i % 2 == 1 else level], self.channels[level]

    def side(self, i: int) -> int:
        return 4 * 2 ** ((i + 1) // 2)

    @staticmethod
    def layer_name(i: int) -> str:
        return "conv1" if i == 0 else f"convs.{i - 1}"

    @staticmethod
    def rgb_name(level: int) -> str:
        return "to_rgb1" if level == 0 else f"to_rgbs.{level - 1}"

    def map(self, z: Tensor) -> Tensor:
        x = z / (z.square().mean(1, keepdim=True) + 1e-8).sqrt()
        for i in range(self.mapping):
            weight = self.weights[f"style.{i + 1}.weight"]
            x = F.linear(x, weight * 0.01 / math.sqrt(weight.shape[1]), self.weights[f"style.{i + 1}.bias"] * 0.01)
            x = F.leaky_relu(x, 0.2) * ROOT2
        return x

    def convolve(self, x: Tensor, w: Tensor, name: str, up: bool, demodulate: bool) -> Tensor:
        weight = self.weights[f"{name}.conv.weight"][0]
        modulation = self.weights[f"{name}.conv.modulation.weight"]
        outputs, inputs, size, _ = weight.shape
        style = F.linear(w, modulation / math.sqrt(self.latent), self.weights[f"{name}.conv.modulation.bias"])
        if self.family == "rosinality" or not demodulate:
            weight = weight / math.sqrt(inputs * size * size)
        own = weight[None] * style[:, None, :, None, None]
        if demodulate:
            own = own * (own.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        n, _, h, wide = x.shape
        x = x.reshape(1, n * inputs, h, wide)
        if not up:
            return F.conv2d(x, own.reshape(n * outputs, inputs, size, size), padding=size // 2, groups=n).reshape(n, outputs, h, wide)
        kernel = own.transpose(1, 2).reshape(n * inputs, outputs, size, size)
        y = F.conv_transpose2d(x, kernel, stride=2, groups=n)
        y = y.reshape(n * outputs, 1, 2 * h + 1, 2 * wide + 1)
        return F.conv2d(F.pad(y, (1, 1, 1, 1)), filter_4x4(4)[None, None]).reshape(n, outputs, 2 * h, 2 * wide)

    def clamped(self, x: Tensor) -> Tensor:
        return x if self.clamp is None else x.clamp(-self.clamp, self.clamp)

    def synthesize(self, w: Tensor) -> Tensor:
        """w [n, latent] or [n, rows, latent] to [n, 3, side, side], with the stored noise."""
        rows = w[:, None].expand(-1, self.rows, -1) if w.ndim == 2 else w
        x = self.weights["input.input"].expand(len(w), -1, -1, -1)
        picture = None
        for i in range(self.layers):
            name = self.layer_name(i)
            x = self.convolve(x, rows[:, i], name, up=i % 2 == 1, demodulate=True)
            x = x + self.weights[f"{name}.noise.weight"] * self.weights[f"noises.noise_{i}"]
            x = x + self.weights[f"{name}.activate.bias"][None, :, None, None]
            x = self.clamped(F.leaky_relu(x, 0.2) * ROOT2)
            if i % 2 == 1:
                continue
            rgb = self.rgb_name(i // 2)
            y = self.clamped(self.convolve(x, rows[:, i + 1], rgb, up=False, demodulate=False) + self.weights[f"{rgb}.bias"])
            picture = y if picture is None else y + double(picture)
        return picture


def double(picture: Tensor) -> Tensor:
    """Zeros between the pixels, then the 4 x 4 filter."""
    n, c, h, w = picture.shape
    spread = torch.zeros(n, c, 2 * h, 2 * w, dtype=picture.dtype)
    spread[:, :, ::2, ::2] = picture
    padded = F.pad(spread, (2, 1, 2, 1)).reshape(n * c, 1, 2 * h + 3, 2 * w + 3)
    return F.conv2d(padded, filter_4x4(4)[None, None]).reshape(n, c, 2 * h, 2 * w)


class Regressor(nn.Module):
    """The paper's CNN under the names of its released code, clamp included."""

    CLASSES = [6, 6, 2, 3, 3, 40, 40]

    def __init__(self, widths: tuple[int, ...] = (3, 32, 32, 64, 64), features: int = 256):
        super().__init__()
        encoder: list[nn.Module] = []
        for inputs, outputs in zip(widths[:-1], widths[1:]):
            encoder += [nn.Conv2d(inputs, outputs, 4, 2, 1), nn.ReLU()]
        inner = nn.Module()
        inner.encoder = nn.Sequential(*encoder)
        self.backbone = nn.ModuleList([inner, nn.ReLU(), nn.Linear(16 * widths[-1], features), nn.ReLU()])
        self.classification_heads = nn.ModuleList(nn.Linear(features, classes) for classes in self.CLASSES)
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
                scale = math.sqrt(2 / fan_in) if parameter.ndim > 1 else 1
                parameter.copy_(seeded_tensor(name, list(parameter.shape)) * scale)

    def features(self, images: Tensor) -> Tensor:
        x = self.backbone[0].encoder(images.clamp(-1, 1)).flatten(1)
        return self.backbone[2](x).relu()

    def forward(self, images: Tensor) -> list[Tensor]:
        features = self.features(images)
        return [head(features) for head in self.classification_heads]
