"""The peer of `npm run bench -- networks`: a 256 px StyleGAN2 (multiplier 1) and ResNet18 at 224 with 40 heads, the paper's pair for faces, in PyTorch on the CPU.

Reads jobs from standard input, one a line: `<formulation> <forward|gradient>`; answers each with the seconds it took, or `nan` where the formulation does not
run here. Formulations: `grouped` (weights modulated for each image, as the paper's released code), `shared` (one filter a batch), `channels_last` (shared, in that
memory format), `compiled` (channels_last under torch.compile, which needs a C++ compiler). With the argument `peak <batch>` it runs one gradient of the
channels_last form and prints the process's largest memory in bytes.
"""

import resource
import sys
import time

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from stylegan2_torch import StyleGan2

BATCH = 4
CHANNELS = [512, 512, 512, 512, 256, 128, 64]
MEAN, DEVIATION = torch.tensor([0.485, 0.456, 0.406]).reshape(1, 3, 1, 1), torch.tensor([0.229, 0.224, 0.225]).reshape(1, 3, 1, 1)


class Block(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride: int):
        super().__init__()
        self.conv1, self.bn1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs)
        changes = stride != 1 or inputs != outputs
        self.downsample = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)) if changes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.downsample(x))


def resnet18() -> nn.Sequential:
    layers: list[nn.Module] = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for width, stride in [(64, 1), (128, 2), (256, 2), (512, 2)]:
        layers += [Block(inputs, width, stride), Block(width, width, 1)]
        inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.ReLU(), nn.Linear(512, 512), nn.ReLU())


class Pair:
    def __init__(self):
        self.generator = StyleGan2(CHANNELS)
        self.backbone = resnet18().eval().requires_grad_(False)
        self.heads = nn.ModuleList(nn.Linear(512, 2) for _ in range(40)).requires_grad_(False)

    def channels_last(self) -> "Pair":
        self.backbone.to(memory_format=torch.channels_last)
        for layer in [*self.generator.layers, *self.generator.rgb]:
            layer.weight = layer.weight.to(memory_format=torch.channels_last)
        self.generator.constant = self.generator.constant.to(memory_format=torch.channels_last)
        return self

    def __call__(self, w: Tensor, grouped: bool) -> Tensor:
        images = (F.interpolate(self.generator(w, grouped), size=(224, 224)) + 1) / 2
        features = self.backbone((images - MEAN) / DEVIATION)
        return torch.cat([head(features) for head in self.heads], 1)


def gradient(network, w: Tensor, grouped: bool) -> None:
    code = w.clone().requires_grad_(True)
    network(code, grouped).square().sum().backward()


def peak(batch: int) -> None:
    gradient(Pair().channels_last(), torch.randn(batch, 512), False)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, flush=True)


def main() -> None:
    if sys.argv[1:2] == ["peak"]:
        return peak(int(sys.argv[2]))
    plain, last, w = Pair(), Pair().channels_last(), torch.randn(BATCH, 512)
    networks = {"grouped": plain, "shared": plain, "channels_last": last, "compiled": torch.compile(lambda w, grouped: last(w, grouped))}
    print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
    for line in sys.stdin:
        formulation, direction = line.split()
        network, grouped = networks[formulation], formulation == "grouped"
        start = time.perf_counter()
        try:
            if direction == "forward":
                with torch.no_grad():
                    network(w, grouped)
            else:
                gradient(network, w, grouped)
            print(time.perf_counter() - start, flush=True)
        except Exception:
            if formulation != "compiled":
                raise
            print("nan", flush=True)


if __name__ == "__main__":
    main()
