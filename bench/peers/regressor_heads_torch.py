"""The peer of `npm run bench -- training`: heads of depth two on 512 frozen features, 40 binary attributes, a step of Adam, in PyTorch on the CPU.

Reads from standard input, one a line, the batch; answers with the seconds that 50 steps took.
"""

import sys
import time

import torch
from torch import nn

FEATURES, HIDDEN, HEADS, STEPS, PICTURES = 512, 512, 40, 50, 4096
torch.manual_seed(0)
features = torch.randn(PICTURES, FEATURES)
labels = torch.randint(0, 2, (PICTURES, HEADS))


class Network(nn.Module):
    """As the paper's code: a layer each head, a loss each head."""

    def __init__(self):
        super().__init__()
        self.fc = nn.Sequential(nn.ReLU(), nn.Linear(FEATURES, HIDDEN), nn.ReLU())
        self.heads = nn.ModuleList([nn.Linear(HIDDEN, 2) for _ in range(HEADS)])

    def forward(self, x):
        x = self.fc(x)
        return [head(x) for head in self.heads]


class Joined(Network):
    """All heads as one layer: what PyTorch does fastest."""

    def __init__(self):
        super().__init__()
        self.heads = nn.Linear(HIDDEN, 2 * HEADS)

    def forward(self, x):
        return self.heads(self.fc(x))


def loss_of(logits, targets):
    if isinstance(logits, list):
        return torch.stack([nn.functional.cross_entropy(rows, targets[:, k]) for k, rows in enumerate(logits)]).mean()
    return nn.functional.cross_entropy(logits.reshape(-1, 2), targets.reshape(-1))


networks = {"separate": Network(), "joined": Joined()}
optimizers = {name: torch.optim.Adam(network.parameters(), lr=1e-3) for name, network in networks.items()}
print(f"PyTorch {torch.__version__}, {torch.get_num_threads()} threads", flush=True)
for line in sys.stdin:
    kind, batch = line.split()
    network, optimizer = networks[kind], optimizers[kind]
    start = time.perf_counter()
    for _ in range(STEPS):
        rows = torch.randint(0, PICTURES, (int(batch),))
        optimizer.zero_grad()
        loss = loss_of(network(features[rows]), labels[rows])
        loss.backward()
        optimizer.step()
        loss.item()
    print(time.perf_counter() - start, flush=True)
