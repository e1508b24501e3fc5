"""Reads classes off a discriminator's features, so that the discriminator knows what renderings are of (Odena et al. 2017, arXiv:1610.09585).

The generator is not told which classes to draw: its pictures only have to be as easy to read as renderings, one shape or the other and
nothing between them.
"""

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from layers import EqualLinear


class Reader:
    """A linear layer for all factors together, with its optimiser. `classes`: how many each factor has."""

    def __init__(self, width: int, classes: Sequence[int], optimizer_of: Callable[[nn.Module], torch.optim.Optimizer], device: str):
        self.classes = list(classes)
        self.network: nn.Module = EqualLinear(width, sum(self.classes)).to(device)
        self.optimizer: torch.optim.Optimizer = optimizer_of(self.network)
        # Entropy of each factor's classes as read off the last batch of renderings, 0 to 1.
        self.rendered: Tensor | None = None

    def learn(self, features: Tensor, labels: Tensor) -> tuple[Tensor, float]:
        """Features of renderings and their labels [n, factors] to the cross entropy, mean over factors, and the share read rightly."""
        logits = self.network(features).split(self.classes, 1)
        self.rendered = torch.stack([entropy(one).mean() for one in logits]).detach()
        losses = [F.cross_entropy(one, labels[:, k]) for k, one in enumerate(logits)]
        right = torch.stack([(one.argmax(1) == labels[:, k]).float().mean() for k, one in enumerate(logits)]).mean()
        return torch.stack(losses).mean(), right.item()

    def unclear(self, features: Tensor) -> Tensor:
        """By how much generated pictures are harder to read than the last renderings, summed over factors; 0 for those that are not."""
        self.network.requires_grad_(False)
        logits = self.network(features).split(self.classes, 1)
        found = torch.stack([entropy(one).mean() for one in logits])
        self.network.requires_grad_(True)
        return F.relu(found - self.rendered).sum()


def entropy(logits: Tensor) -> Tensor:
    """Of each row's classes, over the logarithm of their number."""
    logarithms = logits.log_softmax(1)
    return -(logarithms.exp() * logarithms).sum(1) / math.log(logits.shape[1])
