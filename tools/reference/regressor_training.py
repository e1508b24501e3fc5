"""Steps of Adam on the paper's three kinds of regressors: losses, the first gradients, running statistics. Small networks, weights from names.

Run in tools/reference: python regressor_training.py > ../../packages/models/test/reference/regressor-training.json
"""

import json

import torch
from make_perceptual import seeded_state
from seeded_weights import seeded_normals
from torch import nn

CLASSES = [3, 2, 4]
WEIGHTS = [[1.0, 2.0, 0.5], [1.0, 1.0], [0.0, 1.0, 3.0, 1.0]]
LABELS = [[0, 1, 3], [2, 0, -1], [1, 1, 2], [0, -1, 1], [2, 1, 2], [1, 0, 3]]
STEPS = 3


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        widths = [3, 4, 4, 8, 8]
        layers = []
        for i in range(4):
            layers += [nn.Conv2d(widths[i], widths[i + 1], 4, 2, 1), nn.ReLU()]
        encoder = nn.Module()
        encoder.encoder = nn.Sequential(*layers)
        self.backbone = nn.ModuleList([encoder, nn.Identity(), nn.Linear(8 * 4, 16)])
        self.classification_heads = nn.ModuleList([nn.Linear(16, c) for c in CLASSES])

    def forward(self, x):
        x = self.backbone[0].encoder(x.clamp(-1, 1)).flatten(1)
        x = self.backbone[2](x).relu()
        return [head(x) for head in self.classification_heads]


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential()
        if stride != 1 or inputs != outputs:
            self.shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (y + self.shortcut(x)).relu()


class CifarEncoder(nn.Module):
    def __init__(self, base, second):
        super().__init__()
        self.conv1 = nn.Conv2d(3, base, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(base)
        inputs = base
        for i, stride in enumerate([1, second, 2, 2]):
            outputs = base << i
            setattr(self, f"layer{i + 1}", nn.Sequential(Block(inputs, outputs, stride), Block(outputs, outputs, 1)))
            inputs = outputs

    def forward(self, x):
        x = self.bn1(self.conv1(x)).relu()
        for i in range(4):
            x = getattr(self, f"layer{i + 1}")(x)
        return x.mean((2, 3))


class Cifar(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.ModuleList([CifarEncoder(4, 2), nn.Identity(), nn.Linear(32, 32)])
        self.classification_heads = nn.ModuleList([nn.Linear(32, c) for c in CLASSES])

    def forward(self, x):
        x = self.backbone[0]((x.clamp(-1, 1) + 1) / 2).relu()
        x = self.backbone[2](x).relu()
        return [head(x) for head in self.classification_heads]


class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Module()
        self.backbone.fc = nn.Sequential(nn.ReLU(), nn.Linear(12, 16), nn.ReLU())
        self.classification_heads = nn.ModuleList([nn.Linear(16, c) for c in CLASSES])

    def forward(self, x):
        x = self.backbone.fc(x)
        return [head(x) for head in self.classification_heads]


def loss_of(logits, labels):
    losses = []
    for k, rows in enumerate(logits):
        weight = torch.tensor(WEIGHTS[k], dtype=rows.dtype)
        losses.append(nn.functional.cross_entropy(rows, labels[:, k], weight=weight, ignore_index=-1))
    return torch.stack(losses).mean()


def rounded(values):
    return [float(f"{value:.7g}") for value in values]


def run(network, shape):
    shapes = {name: list(value.shape) for name, value in network.state_dict().items()}
    network.load_state_dict(seeded_state(shapes), strict=False)
    network = network.double().train()
    pictures = 0.6 * seeded_normals("pictures", shape).double()
    inputs = pictures.permute(0, 3, 1, 2) if len(shape) == 4 else pictures
    labels = torch.tensor(LABELS)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    result = {"shapes": {name: size for name, size in shapes.items() if not name.endswith("num_batches_tracked")}, "losses": []}
    for step in range(STEPS):
        optimizer.zero_grad()
        loss = loss_of(network(inputs), labels)
        loss.backward()
        result["losses"].append(float(loss))
        if step == 0:
            result["gradients"] = {
                name: {"norm": float(p.grad.norm()), "first": rounded(p.grad.flatten()[:6].tolist())}
                for name, p in network.named_parameters()
            }
            result["buffers"] = {
                name: rounded(b.flatten()[:4].tolist()) for name, b in network.named_buffers() if "running" in name
            }
        optimizer.step()
    network.eval()
    result["logits"] = rounded(torch.cat(network(inputs), 1)[0].tolist())
    return result


torch.manual_seed(0)
print(
    json.dumps(
        {
            "classes": CLASSES,
            "weights": WEIGHTS,
            "labels": LABELS,
            "cnn": run(Cnn(), [6, 32, 32, 3]),
            "resnet18-cifar": run(Cifar(), [6, 40, 40, 3]),
            "frozen": run(Frozen(), [6, 12]),
        },
    )
)
