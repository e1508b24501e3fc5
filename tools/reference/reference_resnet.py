"""Residual networks in PyTorch (He et al. 2016, arXiv:1512.03385), written to check the TypeScript ones: names and shapes of torchvision's state dicts, or
of the CIFAR form that the paper's Isaac3D regressor has. Widths are free, so that small ones can be compared."""

from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    def __init__(self, inputs: int, width: int, stride: int, bottleneck: bool, shortcut: str):
        super().__init__()
        outputs = 4 * width if bottleneck else width
        sizes = [(inputs, width, 1, 1), (width, width, 3, stride), (width, outputs, 1, 1)] if bottleneck else [(inputs, width, 3, stride), (width, width, 3, 1)]
        self.count = len(sizes)
        for i, (a, b, side, step) in enumerate(sizes, 1):
            setattr(self, f"conv{i}", nn.Conv2d(a, b, side, step, side // 2, bias=False))
            setattr(self, f"bn{i}", nn.BatchNorm2d(b))
        self.way = shortcut if stride != 1 or inputs != outputs else None
        if self.way:
            setattr(self, shortcut, nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)))

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y)
        return F.relu(y + (getattr(self, self.way)(x) if self.way else x))


class ResNet(nn.Module):
    """`fc` is nn.Identity() where nothing follows the average."""

    def __init__(self, blocks: list[int], widths: list[int], bottleneck: bool = False, cifar_strides: list[int] | None = None, fc: nn.Module | None = None):
        super().__init__()
        self.cifar = cifar_strides is not None
        stem = widths[0]
        self.conv1 = nn.Conv2d(3, stem, 3, 1, 1, bias=False) if self.cifar else nn.Conv2d(3, stem, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        inputs = stem
        for i, (count, width, stride) in enumerate(zip(blocks, widths, cifar_strides or [1, 2, 2, 2]), 1):
            layer = []
            for b in range(count):
                layer.append(Block(inputs, width, stride if b == 0 else 1, bottleneck, "shortcut" if self.cifar else "downsample"))
                inputs = 4 * width if bottleneck else width
            setattr(self, f"layer{i}", nn.Sequential(*layer))
        self.fc = fc or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        if not self.cifar:
            x = F.max_pool2d(x, 3, 2, 1)
        for i in range(1, 5):
            x = getattr(self, f"layer{i}")(x)
        return self.fc(x.mean((2, 3)))


class Heads(nn.Module):
    """A backbone with one head an attribute, under the names of the paper's released code."""

    def __init__(self, backbone: nn.Module, features: int, classes: list[int]):
        super().__init__()
        self.backbone = backbone
        self.classification_heads = nn.ModuleList(nn.Linear(features, n) for n in classes)

    def forward(self, x: Tensor) -> list[Tensor]:
        features = self.backbone(x)
        return [head(features) for head in self.classification_heads]


MEAN, DEVIATION = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def to_unit(images: Tensor) -> Tensor:
    return (images.clamp(-1, 1) + 1) / 2


def imagenet(images: Tensor, **resize) -> Tensor:
    x = (F.interpolate(images.clamp(-1, 1), size=(224, 224), **resize) + 1) / 2
    mean, deviation = (images.new_tensor(values).reshape(1, 3, 1, 1) for values in (MEAN, DEVIATION))
    return (x - mean) / deviation
