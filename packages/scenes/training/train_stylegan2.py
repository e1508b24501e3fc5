"""Trains the StyleGAN2 on rendered scenes (Karras et al. 2020, arXiv:1912.04958).

    python packages/scenes/training/train_stylegan2.py --data /var/tmp/latentflow-training/data --out /var/tmp/latentflow-training/run

The same command continues a run: it reads the newest checkpoint in --out. Without one it begins with --warm-start, a file of
compact.py, or afresh. Non-saturating loss, R1 every 16 steps, style mixing, exponential moving average.
Convolutions run in bfloat16, R1 in float32.
"""

import argparse
import csv
import math
import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from data import Scenes
from png import grid, write_png
from processes import Processes
from quality import Quality
from regressor import load_regressor
from stylegan2 import Settings, Training
from threads import FreeCores

SMOKE = Settings(images=640, log_every=160, evaluate_every=320, evaluate_images=320, checkpoint_minutes=0.2, head_start=20)


def mean_of(rows: list[dict[str, float]]) -> dict[str, float]:
    keys = {key for row in rows for key in row}
    return {key: float(np.mean([row[key] for row in rows if key in row])) for key in keys}


COLUMNS = ["images", "minutes", "rate", "d_loss", "g_loss", "real", "fake", "r1", "frechet", "confident"]
COLUMNS += ["local_d_loss", "local_g_loss", "local_real", "local_fake", "local_r1", "read", "unclear"]


def append_row(path: Path, row: dict[str, float]) -> None:
    if not path.exists():
        path.write_text(",".join(COLUMNS) + "\n")
    with path.open("a", newline="") as file:
        csv.DictWriter(file, COLUMNS).writerow({key: f"{value:.6g}" if isinstance(value, float) else value for key, value in row.items()})


def complete_header(path: Path) -> None:
    """A log begun before columns were added gets them in its header."""
    if path.exists():
        header, *rows = path.read_text().splitlines(keepends=True)
        if header.strip() != ",".join(COLUMNS):
            temporary = path.with_suffix(".tmp")
            temporary.write_text(",".join(COLUMNS) + "\n" + "".join(rows))
            os.replace(temporary, path)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--regressor", type=Path, help="regressor.safetensors; with it, quality is measured")
    parser.add_argument("--warm-start", type=Path, help="file of compact.py to begin with if --out holds no checkpoint")
    parser.add_argument("--images", type=int, help="stop after so many images in all")
    parser.add_argument("--anneal-from", type=int, help="let the learning rate fall from so many images to the end of --images")
    parser.add_argument("--r1-gamma", type=float, default=Settings.r1_gamma, help="weight of the R1 penalty")
    parser.add_argument("--local-weight", type=float, default=0.0, help="weight of the judge of what is around the object")
    parser.add_argument("--clear-weight", type=float, default=0.0, help="weight of pictures that are harder to read than renderings")
    parser.add_argument("--mixing", type=float, default=Settings.mixing, help="share of images made from two codes")
    parser.add_argument("--mapping-rate", type=float, default=Settings.mapping_rate, help="factor of the mapping network's rate")
    parser.add_argument("--latent", type=int, default=Settings.latent, help="dimension of codes")
    parser.add_argument("--channels", type=int, nargs=5, default=Settings.channels, help="of the generator, from side 4 to 64")
    parser.add_argument("--widths", type=int, nargs=4, default=Settings.widths, help="of the discriminator, from side 32 to 4")
    parser.add_argument("--threads", type=int, default=os.cpu_count(), help="at most; fewer while others compute (see threads.py)")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda: one GPU, without torchrun")
    parser.add_argument("--batch", type=int, help="images a step; on a GPU, 32 leave it idle")
    parser.add_argument("--smoke", action="store_true", help="a few steps of everything")
    args = parser.parse_args()
    settings = replace(
        SMOKE if args.smoke else Settings(),
        anneal_from=args.anneal_from,
        r1_gamma=args.r1_gamma,
        local_weight=args.local_weight,
        clear_weight=args.clear_weight,
        classes=tuple(Scenes(args.data).factors.values()),
        mixing=args.mixing,
        mapping_rate=args.mapping_rate,
        latent=args.latent,
        channels=tuple(args.channels),
        widths=tuple(args.widths),
    )
    if args.images:
        settings.images = args.images
    if args.batch:
        settings.batch = args.batch

    args.out.mkdir(parents=True, exist_ok=True)
    training = Training(settings, Processes(), args.device)
    if args.device != "cpu" and training.processes.count > 1:
        raise SystemExit("train_stylegan2: expected one process with --device cuda, got several. Start it without torchrun.")
    if training.resume(args.out):
        print(f"continuing after {training.seen} images", flush=True)
    elif args.warm_start:
        training.warm_start(args.warm_start)
        print(f"continuing {args.warm_start} after {training.seen} images", flush=True)
    training.part_ways()
    if training.processes.first:
        complete_header(args.out / "log.csv")
    run(training, args.data, args.out, args.regressor, FreeCores(args.threads))


def run(training: Training, data: Path, out: Path, regressor: Path | None, cores: FreeCores) -> None:
    settings, processes = training.settings, training.processes
    scenes, quality = Scenes(data), None

    def batch() -> tuple[Tensor, Tensor]:
        both = scenes.labelled_batch(training.random.integers(len(scenes), size=settings.batch))
        images, labels = (processes.part(one).to(training.device) for one in both)
        return images, labels

    for name in training.joining:
        print(f"head start: {name}", flush=True)
        training.head_start(name, batch, settings.head_start)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    rows: list[dict[str, float]] = []
    saved = logged = time.time()
    logged_at = training.seen
    while training.seen < settings.images and not processes.any(bool(stop)):
        cores.adapt()
        step = training.seen // settings.batch
        rows.append(training.step(*batch(), regularise=step % settings.r1_every == 0))
        if not all(math.isfinite(value) for value in rows[-1].values()):
            raise FloatingPointError(f"losses are no longer finite after {training.seen} images: {rows[-1]}")
        if training.seen % settings.log_every < settings.batch:
            seconds = time.time() - logged
            training.minutes += seconds / 60
            row = {"images": training.seen, "minutes": training.minutes}
            row |= {"rate": (training.seen - logged_at) / seconds} | mean_of(rows)
            if processes.first:
                if training.seen % settings.evaluate_every < settings.batch:
                    quality = quality or quality_with(regressor, data)
                    row |= evaluate(training, quality, out)
                append_row(out / "log.csv", row)
            rows, logged, logged_at = [], time.time(), training.seen
        if processes.first and time.time() - saved > settings.checkpoint_minutes * 60:
            training.save(out)
            saved = time.time()
    if processes.first:
        training.save(out)
        training.save_average(out)
    processes.close()


def quality_with(regressor: Path | None, data: Path) -> Quality | None:
    return Quality(load_regressor(regressor), Scenes(data, held_out=True)) if regressor and regressor.exists() else None


def evaluate(training: Training, quality: Quality | None, out: Path) -> dict[str, float]:
    """Writes sample pictures and a snapshot; measures them if there is a regressor."""
    write_png(out / f"samples-{training.seen:08}.png", grid(training.samples(100, seed=2)[0], 10))
    training.save_average(out)
    return quality.measure(training.samples(training.settings.evaluate_images, seed=1)) if quality else {}


if __name__ == "__main__":
    main()
