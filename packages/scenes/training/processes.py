"""Several processes that train one network: each computes part of the batch, and gradients are averaged (torchrun starts them).

On a CPU, two processes of one thread are faster than one of two: threads meet after every operation, processes once a step.
"""

import os

import torch
from torch import Tensor
from torch import distributed


class Processes:
    """This process among those that train together; one alone if torchrun has not started it."""

    def __init__(self):
        self.count = int(os.environ.get("WORLD_SIZE", 1))
        self.rank = int(os.environ.get("RANK", 0))
        if self.count > 1:
            distributed.init_process_group("gloo")

    @property
    def first(self) -> bool:
        return self.rank == 0

    def average_gradients(self, optimizer: torch.optim.Optimizer) -> None:
        if self.count == 1:
            return
        gradients = [p.grad for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
        flat = torch.cat([g.flatten() for g in gradients])
        distributed.all_reduce(flat)
        flat /= self.count
        for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients])):
            gradient.copy_(mean.view_as(gradient))

    def any(self, flag: bool) -> bool:
        """Whether any of them says so: all leave a loop together."""
        if self.count == 1:
            return flag
        said = torch.tensor(float(flag))
        distributed.all_reduce(said, distributed.ReduceOp.MAX)
        return bool(said)

    def part(self, batch: Tensor) -> Tensor:
        return batch[self.rank :: self.count]

    def close(self) -> None:
        if self.count > 1:
            distributed.destroy_process_group()
