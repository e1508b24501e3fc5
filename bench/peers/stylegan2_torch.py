"""The peer of `npm run bench -- models`: StyleGAN2 (64 px, multiplier 1) and the paper's CNN regressor in PyTorch on the CPU.

Reads jobs from standard input, one a line: `<grouped|shared> <forward|gradient>`; answers each with the seconds it took. `grouped` modulates the weights for
each image and convolves in groups, as the paper's released code does; `shared` scales the activations, so that a batch shares one filter.
The weights are random: time does not depend on them.
"""

import math
import sys
import time

import torch
from torch import Tensor
from torch.nn import functional as F

BATCH = 8
CHANNELS = [512, 512, 512, 512, 256]
CLASSES = [6, 6, 2, 3, 3, 40, 40]
ROW = torch.tensor([1.0, 3.0, 3.0, 1.0])
FILTER = torch.outer(ROW, ROW) / 16


class Convolution:
    def __init__(self, inputs: int, outputs: int, size: int, up: bool = False, demodulate: bool = True):
        self.weight = torch.randn(outputs, inputs, size, size) / math.sqrt(inputs * size * size)
        self.energy = self.weight.square().sum((2, 3))
        self.modulation = torch.randn(inputs, 512) / math.sqrt(512)
        self.up, self.demodulate, self.size = up, demodulate, size
        self.outputs, self.inputs = outputs, inputs
        self.blur = FILTER.repeat(outputs, 1, 1, 1)

    def __call__(self, x: Tensor, w: Tensor, grouped: bool) -> Tensor:
        style = F.linear(w, self.modulation) + 1
        y = self.grouped(x, style) if grouped else self.shared(x, style)
        return F.conv2d(y, self.blur, padding=1, groups=self.outputs) if self.up else y

    def grouped(self, x: Tensor, style: Tensor) -> Tensor:
        n, _, h, _ = x.shape
        own = self.weight[None] * style[:, None, :, None, None]
        if self.demodulate:
            own = own * (own.square().sum((2, 3, 4), keepdim=True) + 1e-8).rsqrt()
        x = x.reshape(1, n * self.inputs, h, h)
        if self.up:
            kernel = own.transpose(1, 2).reshape(n * self.inputs, self.outputs, self.size, self.size)
            return F.conv_transpose2d(x, kernel, stride=2, groups=n).reshape(n, self.outputs, 2 * h + 1, 2 * h + 1)
        kernel = own.reshape(n * self.outputs, self.inputs, self.size, self.size)
        return F.conv2d(x, kernel, padding=self.size // 2, groups=n).reshape(n, self.outputs, h, h)

    def shared(self, x: Tensor, style: Tensor) -> Tensor:
        x = x * style[:, :, None, None]
        if self.up:
            y = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)
        else:
            y = F.conv2d(x, self.weight, padding=self.size // 2)
        return y * (F.linear(style.square(), self.energy) + 1e-8).rsqrt()[:, :, None, None] if self.demodulate else y


class StyleGan2:
    """An untrained synthesis network, `channels` from 4 px on."""

    def __init__(self, channels: list[int]):
        self.constant = torch.randn(1, channels[0], 4, 4)
        self.layers, self.rgb, self.noise = [Convolution(512, 512, 3)], [Convolution(512, 3, 1, demodulate=False)], [torch.randn(4, 4)]
        for level in range(1, len(channels)):
            self.layers += [Convolution(channels[level - 1], channels[level], 3, up=True), Convolution(channels[level], channels[level], 3)]
            self.rgb.append(Convolution(channels[level], 3, 1, demodulate=False))
            self.noise += [torch.randn(4 << level, 4 << level)] * 2
        self.double = FILTER.repeat(3, 1, 1, 1)

    def __call__(self, w: Tensor, grouped: bool) -> Tensor:
        x, picture = self.constant.expand(len(w), -1, -1, -1), None
        for i, layer in enumerate(self.layers):
            x = F.leaky_relu(layer(x, w, grouped) + 0.1 * self.noise[i], 0.2) * math.sqrt(2)
            if i % 2 == 0:
                rgb = self.rgb[i // 2](x, w, grouped)
                picture = rgb if picture is None else rgb + F.conv_transpose2d(picture, self.double, stride=2, padding=1, groups=3)
        return picture.clamp(-1, 1)


class Network:
    def __init__(self):
        self.generator = StyleGan2(CHANNELS)
        widths = [3, 32, 32, 64, 64]
        self.encoder = [torch.randn(o, i, 4, 4) / math.sqrt(8 * i) for i, o in zip(widths[:-1], widths[1:])]
        self.linear = torch.randn(256, 1024) / 32
        self.heads = [torch.randn(classes, 256) / 16 for classes in CLASSES]

    def __call__(self, w: Tensor, grouped: bool) -> Tensor:
        y = self.generator(w, grouped)
        for weight in self.encoder:
            y = F.conv2d(y, weight, stride=2, padding=1).relu()
        features = F.linear(y.flatten(1), self.linear).relu()
        return torch.cat([F.linear(features, head) for head in self.heads], 1)


def main() -> None:
    network, w = Network(), torch.randn(BATCH, 512)
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    for line in sys.stdin:
        formulation, direction = line.split()
        start = time.perf_counter()
        if direction == "forward":
            with torch.no_grad():
                network(w, formulation == "grouped")
        else:
            code = w.clone().requires_grad_(True)
            network(code, formulation == "grouped").square().sum().backward()
        print(time.perf_counter() - start, flush=True)


if __name__ == "__main__":
    main()
