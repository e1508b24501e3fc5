import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePicture } from "./pictures.js";

/** Four cameras take turns; score of attribute k of picture i: ((7 · i + 3 · k) mod 11) / 10, confidence 0.25, 0.5, 0.75, 1 in turns. The last camera is the test's. */
export async function writeTransientAttributes(folder: string, { images = 12 } = {}): Promise<string> {
  const cameras = ["00000064", "00000090", "90000001", "90000002"];
  const file = (i: number) => `${cameras[i % 4]}/${i}.jpg`;
  const cell = (i: number, k: number) => `${(((7 * i + 3 * k) % 11) / 10).toFixed(6)},${(((i + k) % 4) + 1) / 4}`;
  mkdirSync(join(folder, "holdout_split"), { recursive: true });
  const numbers = Array.from({ length: images }, (_, i) => i);
  const rows = numbers.map((i) => [file(i), ...Array.from({ length: 40 }, (_, k) => cell(i, k))].join("\t"));
  writeFileSync(join(folder, "annotations.tsv"), `${rows.join("\n")}\n`);
  const list = (kept: (i: number) => boolean) => `${numbers.filter(kept).map(file).join("\n")}\n`;
  writeFileSync(
    join(folder, "holdout_split/training.txt"),
    list((i) => i % 4 !== 3),
  );
  writeFileSync(
    join(folder, "holdout_split/test.txt"),
    list((i) => i % 4 === 3),
  );
  for (const i of numbers) await writePicture(join(folder, "imageAlignedLD", file(i)), i, 96, 64);
  return folder;
}
