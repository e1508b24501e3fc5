"""The StyleGAN2's training: its settings, one step, and everything that a checkpoint holds. train_stylegan2.py runs it."""

import copy
import math
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from compact import unpack
from judge import Judge, around_object, descend, whole
from networks import Discriminator, Generator
from processes import Processes
from reader import Reader


@dataclass
class Settings:
    images: int = 10_000_000
    batch: int = 32
    latent: int = 64
    # Of the generator's features of side 4 to 64, and of the discriminator's of side 32 to 4.
    channels: tuple[int, ...] = (64, 64, 64, 32, 16)
    widths: tuple[int, ...] = (32, 64, 64, 64)
    rate: float = 2.5e-3
    # From here on the rate falls along a half cosine to a twentieth at the end of the run; never, if None.
    anneal_from: int | None = None
    r1_gamma: float = 1.0
    r1_every: int = 16
    # Weight of the judge of what is around the object in the generator's loss; there is none at 0.
    local_weight: float = 0.0
    # Weight of pictures that are harder to read than renderings in the generator's loss; nobody reads at 0.
    clear_weight: float = 0.0
    # Classes of each factor, for who reads.
    classes: tuple[int, ...] = ()
    # Steps that a judge which joins a run learns alone.
    head_start: int = 700
    mixing: float = 0.5
    # On top of the layers' own rate of 0.01. A short run hardly moves the mapping network at 1.
    mapping_rate: float = 1.0
    # Images after which an old state of the generator weighs half in the average; less at the start of the run.
    average_half_life: int = 10_000
    average_ramp: float = 0.05
    log_every: int = 1_600
    # A multiple of log_every.
    evaluate_every: int = 32_000
    evaluate_images: int = 3_000
    checkpoint_minutes: float = 10
    seed: int = 0

    @property
    def lazy(self) -> float:
        return self.r1_every / (self.r1_every + 1)


class Training:
    """Everything that a checkpoint holds: networks, their average, optimisers, random numbers and the number of images seen."""

    def __init__(self, settings: Settings, processes: Processes | None = None, device: str = "cpu"):
        self.settings = settings
        self.processes = processes or Processes()
        self.device = device
        torch.manual_seed(settings.seed)
        self.random = np.random.default_rng(settings.seed)
        self.generator = Generator(settings.latent, settings.channels).to(device)
        whole_picture = Discriminator(widths=settings.widths).to(device)
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.optimizer = adam(self.generator.style, settings.rate, 1.0)
        self.optimizer.add_param_group({"params": [p for name, p in self.generator.named_parameters() if not name.startswith("style.")]})
        # A lazily regularised network takes 17 steps where 16 were meant (appendix B of the paper).
        self.reader: Reader | None = None
        if settings.clear_weight > 0:
            self.reader = Reader(settings.widths[-1], settings.classes, lambda network: adam(network, settings.rate, settings.lazy), device)
        optimizer = adam(whole_picture, settings.rate, settings.lazy)
        self.judges = {"discriminator": Judge(whole_picture, whole, optimizer, self.processes, self.reader)}
        if settings.local_weight > 0:
            local = Discriminator(cell=1, widths=(32, 64, 128, 128)).to(device)
            self.judges["local"] = Judge(local, around_object, adam(local, settings.rate, settings.lazy), self.processes)
        self.joining: list[str] = []
        self.seen = 0
        self.minutes = 0.0

    def networks(self) -> dict[str, torch.nn.Module]:
        judges = {name: judge.network for name, judge in self.judges.items()}
        reader = {"reader": self.reader.network} if self.reader else {}
        return {"generator": self.generator, **judges, **reader, "average": self.average}

    def optimizers(self) -> dict[str, torch.optim.Optimizer]:
        """By the names of their networks."""
        reader = {"reader": self.reader.optimizer} if self.reader else {}
        return {"generator": self.optimizer} | {name: judge.optimizer for name, judge in self.judges.items()} | reader

    def parts(self) -> dict:
        return self.networks() | {f"{name}_optimizer": one for name, one in self.optimizers().items()}

    def save(self, folder: Path) -> None:
        """Writes checkpoint.pt through a temporary file; the one before it stays as previous.pt."""
        state = {name: part.state_dict() for name, part in self.parts().items()}
        state |= {"seen": self.seen, "minutes": self.minutes, "settings": asdict(self.settings)}
        state |= {"torch_random": torch.get_rng_state(), "numpy_random": self.random.bit_generator.state}
        newest, temporary = folder / "checkpoint.pt", folder / "checkpoint.pt.tmp"
        torch.save(state, temporary)
        if newest.exists():
            os.replace(newest, folder / "previous.pt")
        os.replace(temporary, newest)

    def save_average(self, folder: Path) -> None:
        """A snapshot for export_generator.py to choose from."""
        torch.save({name: value.cpu() for name, value in self.average.state_dict().items()}, folder / f"average-{self.seen:08}.pt")

    def resume(self, folder: Path) -> bool:
        """Continues from checkpoint.pt, or from previous.pt if that one cannot be read."""
        for path in (folder / "checkpoint.pt", folder / "previous.pt"):
            try:
                state = torch.load(path, weights_only=False, map_location="cpu")
            except FileNotFoundError:
                continue
            except Exception as error:
                print(f"cannot read {path}: {error}", flush=True)
                continue
            for name, part in self.parts().items():
                # A judge may join a run on its way, and who reads.
                if name in state:
                    part.load_state_dict(state[name])
            self.joining = [name for name in self.judges if name not in state]
            if self.reader and "reader" not in state:
                self.joining.append("reader")
            self.seen, self.minutes = state["seen"], state["minutes"]
            torch.set_rng_state(state["torch_random"])
            self.random.bit_generator.state = state["numpy_random"]
            return True
        return False

    def warm_start(self, path: Path) -> None:
        """Takes networks and second moments from a file of compact.py."""
        unpack(self, path)
        self.random = np.random.default_rng([self.settings.seed, self.seen])
        torch.manual_seed(self.settings.seed + self.seen)

    def part_ways(self) -> None:
        """Every process but the first draws codes of its own; which renderings come next, all must know."""
        if not self.processes.first:
            torch.manual_seed(self.settings.seed + self.seen + 1_000_003 * self.processes.rank)

    def step(self, real: Tensor, labels: Tensor, regularise: bool) -> dict[str, float]:
        """One step of all networks; returns what the log shows."""
        self.set_rates()
        fake = self.generate(len(real))
        log, seen = {}, fake.detach()
        for name, judge in self.judges.items():
            one = judge.learn(real, seen, labels)
            if regularise:
                one["r1"] = judge.regularise(real, self.settings.r1_gamma * self.settings.r1_every)
            log |= one if name == "discriminator" else {f"{name}_{key}": value for key, value in one.items()}
        log |= self.generator_step(fake)
        count = len(real) * self.processes.count
        self.seen += count
        self.update_average(count)
        return log

    def head_start(self, name: str, batches: Callable[[], tuple[Tensor, Tensor]], steps: int, rate: float = 0.01) -> None:
        """Lets a judge, or who reads, that joins a run learn alone, at four times the rate, until its word is worth something."""
        if name == "reader":
            return self.head_start_of_reader(batches, steps, rate)
        judge, weight = self.judges[name], self.settings.r1_gamma * self.settings.r1_every
        for group in judge.optimizer.param_groups:
            group["lr"] = rate
        for step in range(steps):
            real, labels = batches()
            with torch.no_grad():
                fake = self.generate(len(real))
            judge.learn(real, fake, labels)
            if step % self.settings.r1_every == 0:
                judge.regularise(real, weight)

    def head_start_of_reader(self, batches: Callable[[], tuple[Tensor, Tensor]], steps: int, rate: float) -> None:
        """The discriminator stays as it is."""
        network = self.judges["discriminator"].network
        for group in self.reader.optimizer.param_groups:
            group["lr"] = rate
        for _ in range(steps):
            real, labels = batches()
            with torch.no_grad():
                features = network.features(real, torch.bfloat16)
            mistake, right = self.reader.learn(features, labels)
            descend(self.reader.optimizer, mistake, self.processes)
        print(f"read rightly off the last batch: {right:.3f}", flush=True)

    def set_rates(self) -> None:
        rate = self.settings.rate * annealed(self.seen, self.settings.anneal_from, self.settings.images)
        for name, optimizer in self.optimizers().items():
            for group in optimizer.param_groups:
                group["lr"] = rate * (1.0 if name == "generator" else self.settings.lazy)
        mapping, _ = self.optimizer.param_groups
        mapping["lr"] = rate * self.settings.mapping_rate

    def generator_step(self, fake: Tensor) -> dict[str, float]:
        """The same images as the judges have just learnt from, judged anew: the generator need not run twice."""
        doubts = {name: judge.doubt(fake) for name, judge in self.judges.items()}
        loss, unclear = doubts["discriminator"]
        log = {"g_loss": loss.item()} | ({"unclear": unclear.item()} if self.reader else {})
        loss = loss + self.settings.clear_weight * unclear
        if "local" in doubts:
            found_out, _ = doubts["local"]
            log["local_g_loss"] = found_out.item()
            loss = loss + self.settings.local_weight * found_out
        descend(self.optimizer, loss, self.processes)
        return log

    def generate(self, count: int) -> Tensor:
        """Generated images; in part of the batch the later layers follow a second code (style mixing)."""
        # Random numbers are the CPU's, so that a checkpoint holds the state of all of them.
        w, other = (self.generator.rows_of(self.generator.style(torch.randn(count, self.settings.latent).to(self.device))) for _ in range(2))
        rows = self.generator.rows
        crossover = torch.randint(1, rows, (count,))
        crossover[torch.rand(count) >= self.settings.mixing] = rows
        first = (torch.arange(rows) < crossover[:, None])[:, :, None].to(self.device)
        mixed = torch.where(first, w, other)
        return self.generator.synthesize(mixed, torch.bfloat16)

    @torch.no_grad()
    def update_average(self, count: int) -> None:
        half_life = min(self.settings.average_half_life, self.settings.average_ramp * self.seen)
        weight = 1 - 0.5 ** (count / half_life)
        torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), weight)

    @torch.no_grad()
    def samples(self, count: int, seed: int, batch: int = 100) -> list[Tensor]:
        """Images [n, 3, 64, 64] of the averaged generator in batches, always from the same codes."""
        z = torch.randn(count, self.settings.latent, generator=torch.Generator().manual_seed(seed))
        return [self.average(one.to(self.device)).cpu() for one in z.split(batch)]


def adam(network: torch.nn.Module, rate: float, lazy: float) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr=rate * lazy, betas=(0.0, 0.99**lazy), eps=1e-8, foreach=True)


def annealed(seen: int, start: int | None, end: int) -> float:
    """Factor of the learning rate: 1 up to `start`, then a half cosine down to 1/20 at `end`."""
    if start is None or seen < start:
        return 1.0
    progress = min(1.0, (seen - start) / max(1, end - start))
    return 0.05 + 0.95 * (1 + math.cos(math.pi * progress)) / 2
