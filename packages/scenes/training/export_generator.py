"""Chooses the run's best snapshot and packs it for the package.

    npx tsx packages/scenes/training/write-codes.ts --out $RUN/z.npy
    python packages/scenes/training/export_generator.py --data $DATA --run $RUN --out packages/scenes --scenes studio

The best of the newest snapshots is the one with the least Fréchet distance on 5,000 images. Writes, in data/SCENES, generator.safetensors
(float32, rosinality's keys and latent_avg), codes.safetensors (predicted labels of the shipped codes), generator.json
(numbers of the model card), and images/SCENES-generated.png (rendered on the left, generated on the right), images/SCENES-frechet.svg, a reference
for the tests.
"""

import argparse
import csv
import json
import os
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor

from curve import write_curve
from data import Scenes
from networks import Generator
from png import grid, write_png
from quality import Quality
from regressor import load_regressor

CHOOSE_FROM = 3
CHOOSE_WITH = 5_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="the package's folder")
    parser.add_argument("--scenes", choices=("tabletop", "studio"), default="tabletop")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.set_grad_enabled(False)

    data, images = args.out / "data" / args.scenes, args.out / "images"
    scenes = Scenes(args.data, held_out=True)
    quality = Quality(load_regressor(data / "regressor.safetensors"), scenes)
    seen, generator, measured = choose(args.run, quality)
    z = torch.from_numpy(np.load(args.run / "z.npy"))
    labels = torch.cat([torch.stack([p.argmax(1) for p in quality.read(generator(part))[1]], 1) for part in z.split(200)])
    weights = generator.state_dict() | {"latent_avg": generator.style(z).mean(0)}
    write(data / "generator.safetensors", weights)
    write(data / "codes.safetensors", {"labels": labels.to(torch.uint8)})
    report = {"images": seen} | {name: round(value, 4) for name, value in measured.items()}
    report |= {"label balance": balance(scenes.factors, labels), "curve": curve(args.run / "log.csv")}
    (data / "generator.json").write_text(json.dumps(report, indent=1) + "\n")
    (args.out / "test" / "reference" / f"{args.scenes}.json").write_text(json.dumps(reference(generator, z[:2])) + "\n")
    write_png(images / f"{args.scenes}-generated.png", side_by_side(scenes.batch(np.arange(64)), generator(z[:64])))
    write_curve(images / f"{args.scenes}-frechet.svg", report["curve"])
    print(json.dumps(report, indent=1))


def choose(run: Path, quality: Quality) -> tuple[int, Generator, dict[str, float]]:
    """Images seen, network and measurements of the best snapshot."""
    candidates = []
    for path in sorted(run.glob("average-*.pt"))[-CHOOSE_FROM:]:
        generator = Generator.of(torch.load(path))
        z = torch.randn(CHOOSE_WITH, generator.latent, generator=torch.Generator().manual_seed(3))
        measured = quality.measure([generator(part) for part in z.split(200)])
        print(f"{path.name}: {measured}", flush=True)
        candidates.append((measured["frechet"], int(path.stem.split("-")[1]), generator, measured))
    _, seen, generator, measured = min(candidates, key=lambda candidate: candidate[0])
    return seen, generator, measured


def balance(factors: dict[str, int], labels: Tensor) -> dict[str, list[float]]:
    """Share of each class among the predicted labels, in percent."""
    shares = {}
    for k, (name, classes) in enumerate(factors.items()):
        counts = torch.bincount(labels[:, k], minlength=classes)
        shares[name] = [round(100 * count / len(labels), 2) for count in counts.tolist()]
    return shares


def curve(path: Path) -> list[dict[str, float]]:
    """Quality over training. Where an interrupted run went over the same images twice, its last pass counts."""
    with path.open() as file:
        rows = {int(row["images"]): row for row in csv.DictReader(file) if row["frechet"]}
    return [{key: float(rows[images][key]) for key in ("images", "frechet", "confident")} for images in sorted(rows)]


def reference(generator: Generator, z: Tensor) -> dict[str, list]:
    """What PyTorch computes for the first codes: w, and every eighth pixel [n, 8, 8, 3]. The package's test compares."""
    w = generator.style(z)
    images = generator.synthesize(generator.rows_of(w))[:, :, ::8, ::8].permute(0, 2, 3, 1)
    return {"w": [round(x, 5) for x in w.flatten().tolist()], "pixels": [round(x, 4) for x in images.flatten().tolist()]}


def side_by_side(real: Tensor, fake: Tensor) -> Tensor:
    left, right = grid(real, 8), grid(fake, 8)
    gap = torch.full((left.shape[0], 8, 3), 255, dtype=torch.uint8)
    return torch.cat([left, gap, right], 1)


def write(path: Path, tensors: dict[str, Tensor]) -> None:
    temporary = path.with_suffix(".tmp")
    temporary.write_bytes(save({name: value.contiguous() for name, value in tensors.items()}))
    os.replace(temporary, path)


if __name__ == "__main__":
    main()
