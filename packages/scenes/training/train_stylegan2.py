"""Trains the StyleGAN2 on rendered scenes (Karras et al. 2020, arXiv:1912.04958).

    python packages/scenes/training/train_stylegan2.py --data /var/tmp/latentflow-training/data --out /var/tmp/latentflow-training/run

The same command continues a run: it reads the newest checkpoint in --out. Without one it begins with --warm-start, a file of
compact.py, or afresh. Non-saturating loss, R1 every 16 steps, style mixing, exponential moving average.
Convolutions run in bfloat16, R1 in float32.
"""

import argparse
import copy
import csv
import math
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from compact import unpack
from data import Scenes
from networks import LATENT, Discriminator, Generator
from png import grid, write_png
from quality import Quality
from regressor import load_regressor
from threads import FreeCores


@dataclass
class Settings:
    images: int = 10_000_000
    batch: int = 32
    rate: float = 2.5e-3
    # From here on the rate falls along a half cosine to a twentieth at the end of the run; never, if None.
    anneal_from: int | None = None
    r1_gamma: float = 1.0
    r1_every: int = 16
    mixing: float = 0.5
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


SMOKE = Settings(images=640, log_every=160, evaluate_every=320, evaluate_images=320, checkpoint_minutes=0.2)


class Training:
    """Everything that a checkpoint holds: networks, their average, optimisers, random numbers and the number of images seen."""

    def __init__(self, settings: Settings):
        self.settings = settings
        torch.manual_seed(settings.seed)
        self.random = np.random.default_rng(settings.seed)
        self.generator, self.discriminator = Generator(), Discriminator()
        self.average = copy.deepcopy(self.generator).requires_grad_(False)
        self.generator_optimizer = adam(self.generator, settings.rate, 1.0)
        # A lazily regularised network takes 17 steps where 16 were meant (appendix B of the paper).
        self.discriminator_optimizer = adam(self.discriminator, settings.rate, settings.lazy)
        self.seen = 0
        self.minutes = 0.0

    def parts(self) -> dict:
        return {
            "generator": self.generator,
            "discriminator": self.discriminator,
            "average": self.average,
            "generator_optimizer": self.generator_optimizer,
            "discriminator_optimizer": self.discriminator_optimizer,
        }

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
        torch.save(self.average.state_dict(), folder / f"average-{self.seen:08}.pt")

    def resume(self, folder: Path) -> bool:
        """Continues from checkpoint.pt, or from previous.pt if that one cannot be read."""
        for path in (folder / "checkpoint.pt", folder / "previous.pt"):
            try:
                state = torch.load(path, weights_only=False)
            except FileNotFoundError:
                continue
            except Exception as error:
                print(f"cannot read {path}: {error}", flush=True)
                continue
            for name, part in self.parts().items():
                part.load_state_dict(state[name])
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

    def step(self, real: Tensor, regularise: bool) -> dict[str, float]:
        """One step of both networks; returns what the log shows."""
        self.set_rates()
        fake = self.generate(len(real))
        log = self.discriminator_step(real, fake.detach())
        if regularise:
            log["r1"] = self.r1_step(real)
        log |= self.generator_step(fake)
        self.seen += len(real)
        self.update_average(len(real))
        return log

    def set_rates(self) -> None:
        settings = self.settings
        rate = settings.rate * annealed(self.seen, settings.anneal_from, settings.images)
        for optimizer, lazy in ((self.generator_optimizer, 1.0), (self.discriminator_optimizer, settings.lazy)):
            for group in optimizer.param_groups:
                group["lr"] = rate * lazy

    def discriminator_step(self, real: Tensor, fake: Tensor) -> dict[str, float]:
        # One pass for both; the groups of the minibatch statistic must not mix real and generated images.
        logits = self.discriminator(interleave(fake, real), torch.bfloat16)
        fake_logits, real_logits = logits.view(-1, 2).unbind(1)
        loss = F.softplus(fake_logits).mean() + F.softplus(-real_logits).mean()
        descend(self.discriminator_optimizer, loss)
        return {"d_loss": loss.item(), "fake": fake_logits.mean().item(), "real": real_logits.mean().item()}

    def r1_step(self, real: Tensor) -> float:
        real = real.detach().requires_grad_(True)
        logits = self.discriminator(real)
        (gradient,) = torch.autograd.grad(logits.sum(), real, create_graph=True)
        penalty = gradient.square().sum((1, 2, 3)).mean()
        descend(self.discriminator_optimizer, self.settings.r1_gamma / 2 * self.settings.r1_every * penalty)
        return penalty.item()

    def generator_step(self, fake: Tensor) -> dict[str, float]:
        """The same images as the discriminator has just learnt from, judged anew: the generator need not run twice."""
        self.discriminator.requires_grad_(False)
        loss = F.softplus(-self.discriminator(fake, torch.bfloat16)).mean()
        descend(self.generator_optimizer, loss)
        self.discriminator.requires_grad_(True)
        return {"g_loss": loss.item()}

    def generate(self, count: int) -> Tensor:
        """Generated images; in part of the batch the later layers follow a second code (style mixing)."""
        w = self.generator.rows_of(self.generator.style(torch.randn(count, LATENT)))
        other = self.generator.rows_of(self.generator.style(torch.randn(count, LATENT)))
        rows = self.generator.rows
        crossover = torch.randint(1, rows, (count,))
        crossover[torch.rand(count) >= self.settings.mixing] = rows
        mixed = torch.where((torch.arange(rows) < crossover[:, None])[:, :, None], w, other)
        return self.generator.synthesize(mixed, torch.bfloat16)

    @torch.no_grad()
    def update_average(self, count: int) -> None:
        half_life = min(self.settings.average_half_life, self.settings.average_ramp * self.seen)
        weight = 1 - 0.5 ** (count / half_life)
        torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), weight)

    @torch.no_grad()
    def samples(self, count: int, seed: int, batch: int = 100) -> list[Tensor]:
        """Images [n, 3, 64, 64] of the averaged generator in batches, always from the same codes."""
        z = torch.randn(count, LATENT, generator=torch.Generator().manual_seed(seed))
        return [self.average(one) for one in z.split(batch)]


def adam(network: torch.nn.Module, rate: float, lazy: float) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr=rate * lazy, betas=(0.0, 0.99**lazy), eps=1e-8, foreach=True)


def annealed(seen: int, start: int | None, end: int) -> float:
    """Factor of the learning rate: 1 up to `start`, then a half cosine down to 1/20 at `end`."""
    if start is None or seen < start:
        return 1.0
    progress = min(1.0, (seen - start) / max(1, end - start))
    return 0.05 + 0.95 * (1 + math.cos(math.pi * progress)) / 2


def descend(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def interleave(fake: Tensor, real: Tensor) -> Tensor:
    """Order in which groups of four, spaced a quarter of the batch apart, are all generated or all real."""
    return torch.stack([fake, real], 1).flatten(0, 1)


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    keys = {key for row in rows for key in row}
    return {key: float(np.mean([row[key] for row in rows if key in row])) for key in keys}


COLUMNS = ["images", "minutes", "rate", "d_loss", "g_loss", "real", "fake", "r1", "frechet", "confident"]


def append_row(path: Path, row: dict[str, float]) -> None:
    new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        if new:
            writer.writeheader()
        writer.writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--regressor", type=Path, help="regressor.safetensors; with it, quality is measured")
    parser.add_argument("--warm-start", type=Path, help="file of compact.py to begin with if --out holds no checkpoint")
    parser.add_argument("--images", type=int, help="stop after so many images in all")
    parser.add_argument("--anneal-from", type=int, help="let the learning rate fall from so many images to the end of --images")
    parser.add_argument("--r1-gamma", type=float, default=Settings.r1_gamma, help="weight of the R1 penalty")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="at most; fewer while others compute (see threads.py)")
    parser.add_argument("--smoke", action="store_true", help="a few steps of everything")
    args = parser.parse_args()
    settings = SMOKE if args.smoke else Settings()
    if args.images:
        settings.images = args.images
    settings.anneal_from, settings.r1_gamma = args.anneal_from, args.r1_gamma

    args.out.mkdir(parents=True, exist_ok=True)
    training = Training(settings)
    if training.resume(args.out):
        print(f"continuing after {training.seen} images", flush=True)
    elif args.warm_start:
        training.warm_start(args.warm_start)
        print(f"continuing {args.warm_start} after {training.seen} images", flush=True)
    run(training, args.data, args.out, args.regressor, FreeCores(args.threads))


def run(training: Training, data: Path, out: Path, regressor: Path | None, cores: FreeCores) -> None:
    settings = training.settings
    scenes, quality = Scenes(data), None
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    rows: list[dict[str, float]] = []
    saved = logged = time.time()
    logged_at = training.seen
    while training.seen < settings.images and not stop:
        cores.adapt()
        step = training.seen // settings.batch
        real = scenes.batch(training.random.integers(len(scenes), size=settings.batch))
        rows.append(training.step(real, regularise=step % settings.r1_every == 0))
        if not all(math.isfinite(value) for value in rows[-1].values()):
            raise FloatingPointError(f"losses are no longer finite after {training.seen} images: {rows[-1]}")
        if training.seen % settings.log_every < settings.batch:
            seconds = time.time() - logged
            training.minutes += seconds / 60
            row = {"images": training.seen, "minutes": training.minutes}
            row |= {"rate": (training.seen - logged_at) / seconds} | mean_of(rows)
            if training.seen % settings.evaluate_every < settings.batch:
                if quality is None and regressor and regressor.exists():
                    quality = Quality(load_regressor(regressor), Scenes(data, held_out=True))
                if quality:
                    row |= quality.measure(training.samples(settings.evaluate_images, seed=1))
                write_png(out / f"samples-{training.seen:08}.png", grid(training.samples(100, seed=2)[0], 10))
                training.save_average(out)
            append_row(out / "log.csv", row)
            rows, logged, logged_at = [], time.time(), training.seen
        if time.time() - saved > settings.checkpoint_minutes * 60:
            training.save(out)
            saved = time.time()
    training.save(out)
    training.save_average(out)


if __name__ == "__main__":
    main()
