"""Chooses how many threads to compute with on a machine that others use as well."""

import os
import time
from pathlib import Path

import torch


class FreeCores:
    """Sets PyTorch's threads to the cores that others leave free, at least one, looking again every few seconds.

    Two threads meet at a barrier after every operation: with one of two cores busy, both would wait for the slower.
    What runs at low priority, such as this training, does not count as others. Reads Linux's /proc/stat; does nothing elsewhere.
    """

    def __init__(self, most: int, seconds: float = 2.0):
        self.most, self.seconds = most, seconds
        self.looked, self.busy = time.time(), self.busy_seconds()
        torch.set_num_threads(most)

    def busy_seconds(self) -> float | None:
        """CPU seconds that processes of normal priority have used, all cores together."""
        stat = Path("/proc/stat")
        if not stat.exists() or os.nice(0) <= 0:
            return None
        return int(stat.read_text().split()[1]) / os.sysconf("SC_CLK_TCK")

    def adapt(self) -> None:
        now = time.time()
        if self.busy is None or now - self.looked < self.seconds:
            return
        busy = self.busy_seconds()
        if busy is None:  # given normal priority meanwhile
            return
        taken = (busy - self.busy) / (now - self.looked)
        self.looked, self.busy = now, busy
        threads = max(1, min(self.most, round(os.cpu_count() - taken)))
        if threads != torch.get_num_threads():
            torch.set_num_threads(threads)
