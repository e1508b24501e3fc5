"""A discriminator with its optimiser and its part of the training: both judges of a run learn in the same way."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from networks import Discriminator
from processes import Processes
from reader import Reader


class Judge:
    """Logistic loss, R1 on what it sees. `view` picks what it sees of images [n, 3, 64, 64]; with a `reader` it learns the renderings' classes, too."""

    def __init__(
        self,
        network: Discriminator,
        view: Callable[[Tensor], Tensor],
        optimizer: torch.optim.Optimizer,
        processes: Processes,
        reader: Reader | None = None,
    ):
        self.network, self.view, self.optimizer, self.processes, self.reader = network, view, optimizer, processes, reader

    def learn(self, real: Tensor, fake: Tensor, labels: Tensor) -> dict[str, float]:
        # One pass for both; the groups of the minibatch statistic must not mix real and generated images.
        features = self.network.features(interleave(self.view(fake), self.view(real)), torch.bfloat16)
        fake_logits, real_logits = self.network.logit(features).view(-1, 2).unbind(1)
        loss = F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()
        log = {"d_loss": loss.item(), "fake": fake_logits.mean().item(), "real": real_logits.mean().item()}
        if self.reader is None:
            descend(self.optimizer, loss, self.processes)
            return log
        mistake, right = self.reader.learn(features[1::2], labels)
        descend([self.optimizer, self.reader.optimizer], loss + mistake, self.processes)
        return log | {"read": right}

    def regularise(self, real: Tensor, weight: float) -> float:
        """A step on the R1 penalty (Mescheder et al. 2018) in float32; returns the squared norm of the gradient."""
        seen = self.view(real).detach().requires_grad_(True)
        (gradient,) = torch.autograd.grad(self.network(seen).sum(), seen, create_graph=True)
        penalty = gradient.square().sum((1, 2, 3)).mean()
        descend(self.optimizer, weight / 2 * penalty, self.processes)
        return penalty.item()

    def doubt(self, fake: Tensor) -> tuple[Tensor, Tensor]:
        """What the generator minimises: that it is found out, and that its pictures are harder to read than renderings (0 without a reader)."""
        self.network.requires_grad_(False)
        features = self.network.features(self.view(fake), torch.bfloat16)
        loss = F.softplus(-self.network.logit(features)).mean()
        unclear = loss.new_zeros(()) if self.reader is None else self.reader.unclear(features)
        self.network.requires_grad_(True)
        return loss, unclear


def interleave(fake: Tensor, real: Tensor) -> Tensor:
    """Order in which groups of four, spaced a quarter of the batch apart, are all generated or all real."""
    return torch.stack([fake, real], 1).flatten(0, 1)


def descend(optimizers: torch.optim.Optimizer | list[torch.optim.Optimizer], loss: Tensor, processes: Processes) -> None:
    several = optimizers if isinstance(optimizers, list) else [optimizers]
    for optimizer in several:
        optimizer.zero_grad(set_to_none=True)
    loss.backward()
    for optimizer in several:
        processes.average_gradients(optimizer)
        optimizer.step()


def whole(images: Tensor) -> Tensor:
    return images


def around_object(images: Tensor, side: int = 32) -> Tensor:
    """The `side` x `side` pixels around what stands out of its row, [n, 3, side, side], unscaled.

    Floor and wall have one colour a row, so what differs from the row's median is object and shadow.
    """
    with torch.no_grad():
        difference = (images - images.median(3, keepdim=True).values).abs().sum(1)
        weight = F.relu(difference - 0.1).square() + 1e-6
        places = torch.arange(images.shape[2], dtype=weight.dtype, device=images.device)
        total = weight.sum((1, 2))
        y = (weight.sum(2) @ places) / total
        x = (weight.sum(1) @ places) / total
        corner = (torch.stack([y, x], 1) - (side - 1) / 2).round().long().clamp(0, images.shape[2] - side)
    steps = torch.arange(side, device=images.device)
    rows, columns = corner[:, :1] + steps, corner[:, 1:] + steps
    batch = torch.arange(len(images), device=images.device)[:, None, None]
    return images.permute(0, 2, 3, 1)[batch, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)
