"""The generator in rosinality's layer structure and state-dict keys, and a residual discriminator."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layers import GAIN, EqualConv, EqualLinear, ModulatedConv, leaky, upsample

RESOLUTION = 64
MAPPING_LAYERS = 3


class PixelNorm(nn.Module):
    def forward(self, z: Tensor) -> Tensor:
        return z * torch.rsqrt(z.square().mean(1, keepdim=True) + 1e-8)


class Holder(nn.Module):
    """A named place for parameters: gives the state dict the keys of the layout."""

    def __init__(self, **parameters: Tensor):
        super().__init__()
        for name, value in parameters.items():
            self.register_parameter(name, nn.Parameter(value))


class Filter(nn.Module):
    """The resampling filter as the layout stores it, [4, 4] with gain 4. Kept for readers; computing uses `layers.blur`."""

    def __init__(self):
        super().__init__()
        row = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 4
        self.register_buffer("kernel", torch.outer(row, row))


class StyledConv(nn.Module):
    def __init__(self, inputs: int, outputs: int, latent: int, up: bool = False):
        super().__init__()
        self.conv = ModulatedConv(inputs, outputs, 3, latent, up=up)
        if up:
            self.conv.blur = Filter()
        self.noise = Holder(weight=torch.zeros(1))
        self.activate = Holder(bias=torch.zeros(outputs))

    def forward(self, x: Tensor, w: Tensor, noise: Tensor) -> Tensor:
        bias = self.activate.bias[None, :, None, None] + self.noise.weight * noise
        return leaky(self.conv(x, w, GAIN * bias, GAIN))


class ToRgb(nn.Module):
    def __init__(self, inputs: int, latent: int, up: bool = True):
        super().__init__()
        if up:
            self.upsample = Filter()
        self.conv = ModulatedConv(inputs, 3, 1, latent, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(1, 3, 1, 1))

    def forward(self, x: Tensor, w: Tensor, skip: Tensor | None) -> Tensor:
        rgb = self.conv(x, w, self.bias)
        return rgb if skip is None else rgb + upsample(skip)


class Generator(nn.Module):
    """z [n, latent] to images [n, 3, 64, 64], about [-1, 1]. Its noise maps are fixed: the same w always gives the same picture.

    `channels`: of the features of side 4, 8, 16, 32 and 64.
    """

    def __init__(self, latent: int, channels: Sequence[int]):
        super().__init__()
        self.latent = latent
        layers = [EqualLinear(latent, latent, rate=0.01, activate=True) for _ in range(MAPPING_LAYERS)]
        self.style = nn.Sequential(PixelNorm(), *layers)
        self.input = Holder(input=torch.randn(1, channels[0], 4, 4))
        self.conv1 = StyledConv(channels[0], channels[0], latent)
        self.to_rgb1 = ToRgb(channels[0], latent, up=False)
        self.convs = nn.ModuleList()
        self.to_rgbs = nn.ModuleList()
        self.noises = nn.Module()
        self.noises.register_buffer("noise_0", torch.randn(1, 1, 4, 4))
        for block, (inputs, outputs) in enumerate(zip(channels[:-1], channels[1:])):
            side = 8 * 2**block
            self.convs.append(StyledConv(inputs, outputs, latent, up=True))
            self.convs.append(StyledConv(outputs, outputs, latent))
            self.to_rgbs.append(ToRgb(outputs, latent))
            for _ in range(2):
                self.noises.register_buffer(f"noise_{len(self.noises._buffers)}", torch.randn(1, 1, side, side))
        self.rows = 2 * int(math.log2(RESOLUTION)) - 2

    @staticmethod
    def of(state: dict[str, Tensor]) -> "Generator":
        """The network of a state dict, with its weights."""
        channels = [state["input.input"].shape[1]]
        while (weight := state.get(f"convs.{2 * len(channels) - 2}.conv.weight")) is not None:
            channels.append(weight.shape[1])
        generator = Generator(state["style.1.weight"].shape[1], channels)
        generator.load_state_dict(state)
        return generator

    def noise(self, layer: int) -> Tensor:
        return self.noises.get_buffer(f"noise_{layer}")

    def synthesize(self, w: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """w [n, rows, latent], one row a layer."""
        x = self.input.input.to(dtype).repeat(len(w), 1, 1, 1).contiguous(memory_format=torch.channels_last)
        x = self.conv1(x, w[:, 0], self.noise(0))
        rgb = self.to_rgb1(x, w[:, 1], None)
        for block in range(len(self.to_rgbs)):
            i = 2 * block
            x = self.convs[i](x, w[:, i + 1], self.noise(i + 1))
            x = self.convs[i + 1](x, w[:, i + 2], self.noise(i + 2))
            rgb = self.to_rgbs[block](x, w[:, i + 3], rgb)
        return rgb

    def rows_of(self, w: Tensor) -> Tensor:
        return w[:, None, :].expand(-1, self.rows, -1)

    def forward(self, z: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        return self.synthesize(self.rows_of(self.style(z)), dtype)


class DownBlock(nn.Module):
    """Residual block that halves the side. The skip branch averages 2x2 pixels. The sum is divided by √2."""

    def __init__(self, inputs: int, outputs: int):
        super().__init__()
        self.conv1 = EqualConv(inputs, inputs, 3, gain=GAIN)
        self.conv2 = EqualConv(inputs, outputs, 3, gain=1, down=True)
        self.skip = EqualConv(inputs, outputs, 1, gain=1 / GAIN)

    def forward(self, x: Tensor) -> Tensor:
        return leaky(self.conv2(leaky(self.conv1(x)))) + self.skip(F.avg_pool2d(x, 2))


class Discriminator(nn.Module):
    """Images [n, 3, side, side] to one logit each; three halvings lead to 4x4.

    With `cell` 2, the first layer sees a picture of side 64 as 32x32 cells of 2x2 pixels, that is through a 6x6 kernel
    of stride two: full detail at a quarter of the cost. With `cell` 1, pictures of side 32 as they are.
    """

    def __init__(self, cell: int = 2, widths: Sequence[int] = (32, 64, 64, 64)):
        super().__init__()
        first, last = widths[0], widths[-1]
        self.cell = cell
        self.stem = EqualConv(3 * cell * cell, first, 3, gain=GAIN)
        self.blocks = nn.ModuleList(DownBlock(a, b) for a, b in zip(widths[:-1], widths[1:]))
        self.last = EqualConv(last + 1, last, 3, gain=GAIN)
        self.linear = EqualLinear(last * 16, last, activate=True)
        self.logit = EqualLinear(last, 1)

    def forward(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        return self.logit(self.features(images, dtype))[:, 0]

    def features(self, images: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
        """What the logit is made of, [n, width]."""
        cells = F.pixel_unshuffle(images.to(dtype), self.cell).contiguous(memory_format=torch.channels_last)
        x = leaky(self.stem(cells))
        for block in self.blocks:
            x = block(x)
        x = torch.cat([x, spread_in_batch(x)], 1)
        x = leaky(self.last(x)).float().flatten(1)
        return self.linear(x)


def spread_in_batch(x: Tensor, group: int = 4) -> Tensor:
    """Minibatch standard deviation (Karras et al. 2018, section 3): one number a group, as an extra channel."""
    n, c, h, w = x.shape
    groups = x.float().reshape(group, n // group, c, h, w)
    deviation = (groups.var(0, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    return deviation.to(x.dtype)[:, None, None, None].repeat(group, 1, h, w)
