"""StyleGAN2's building blocks (Karras et al. 2020, arXiv:1912.04958), written for speed on a CPU.

Modulation is applied to the activations instead of the kernel (section 2.2 of the paper: the two are equal), so a batch shares
one kernel. Constant factors are moved to the kernels, where they cost nothing.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

GAIN = math.sqrt(2)
FILTER = torch.outer(torch.tensor([1.0, 3.0, 3.0, 1.0]), torch.tensor([1.0, 3.0, 3.0, 1.0])) / 64


def blur(x: Tensor, padding: int, gain: float = 1.0) -> Tensor:
    """The [1, 3, 3, 1] filter on every channel; the picture is zero beyond its border."""
    channels = x.shape[1]
    kernel = (FILTER * gain).to(x.device, x.dtype).expand(channels, 1, 4, 4)
    return F.conv2d(x, kernel, padding=padding, groups=channels)


def upsample(image: Tensor) -> Tensor:
    """Doubles the side of a picture with the [1, 3, 3, 1] filter: bilinear interpolation, zero beyond the border."""
    wide = F.interpolate(F.pad(image, (1, 1, 1, 1)), scale_factor=2, mode="bilinear", align_corners=False)
    return wide[:, :, 2:-2, 2:-2]


def leaky(x: Tensor) -> Tensor:
    """Leaky ReLU of slope 0.2. Its gain √2, which keeps the variance, is in the layer before: it commutes."""
    return F.leaky_relu(x, 0.2)


class EqualLinear(nn.Module):
    """Linear layer with equalised learning rate: weights of unit variance, scaled when used."""

    def __init__(self, inputs: int, outputs: int, bias: float = 0.0, rate: float = 1.0, activate: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self.scale = rate / math.sqrt(inputs)
        self.rate = rate
        self.activate = activate

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x, self.weight * self.scale, self.bias * self.rate)
        return leaky(y) * GAIN if self.activate else y


class EqualConv(nn.Module):
    """3x3 or 1x1 convolution with equalised learning rate and bias; `down` halves the side with the [1, 3, 3, 1] filter.

    `gain` multiplies weight and bias: √2 for a leaky ReLU that follows, 1/√2 for one of two branches that are added.
    """

    def __init__(self, inputs: int, outputs: int, size: int, gain: float, down: bool = False):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.gain = gain
        self.scale = gain / math.sqrt(inputs * size * size)
        self.down = down

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.weight * self.scale, (self.bias * self.gain).to(x.dtype)
        if self.down:
            return F.conv2d(blur(x, padding=2), weight.to(x.dtype), bias, stride=2)
        return F.conv2d(x, weight.to(x.dtype), bias, padding=weight.shape[-1] // 2)


def one_by_one(x: Tensor, weight: Tensor) -> Tensor:
    """1x1 convolution with a kernel [n, out, in] of its own for every image: a matrix product, where few channels slow convolutions down."""
    n, c, h, w = x.shape
    y = torch.bmm(x.permute(0, 2, 3, 1).reshape(n, h * w, c), weight.transpose(1, 2).to(x.dtype))
    return y.view(n, h, w, -1).permute(0, 3, 1, 2)


class ModulatedConv(nn.Module):
    """Convolution whose input channels are scaled by the style; with demodulation, output variance is restored."""

    def __init__(self, inputs: int, outputs: int, size: int, style: int, up: bool = False, demodulate: bool = True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(1, outputs, inputs, size, size))
        self.modulation = EqualLinear(style, inputs, bias=1.0)
        self.scale = 1 / math.sqrt(inputs * size * size)
        self.up = up
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor, bias: Tensor, gain: float = 1.0) -> Tensor:
        """`gain` times the demodulated output, plus `bias`."""
        style = self.modulation(w)
        weight = self.weight[0] * self.scale
        if not self.demodulate:  # to RGB, 1x1
            return one_by_one(x, weight[:, :, 0, 0] * style[:, None, :]) + bias
        x = x * style[:, :, None, None].to(x.dtype)
        if self.up:
            y = blur(F.conv_transpose2d(x, weight.transpose(0, 1).to(x.dtype), stride=2), padding=1, gain=4)
        else:
            y = F.conv2d(x, weight.to(x.dtype), padding=weight.shape[-1] // 2)
        energy = F.linear(style.square(), weight.square().sum((2, 3)))
        demodulation = gain * torch.rsqrt(energy + 1e-8)
        return torch.addcmul(bias.to(x.dtype), y, demodulation[:, :, None, None].to(x.dtype))
