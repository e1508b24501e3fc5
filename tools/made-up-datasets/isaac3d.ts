import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writePicture } from "./pictures.js";

/** Values of each factor and pictures from one to the next: last fastest. */
const FACTORS = [
  [3, 245760],
  [8, 30720],
  [5, 6144],
  [4, 1536],
  [4, 384],
  [4, 96],
  [6, 16],
  [4, 4],
  [4, 1],
] as const;

/** All 737,280 rows of labels by default, and the first pictures. */
export async function writeIsaac3d(folder: string, { rows = 737_280, images = 8 } = {}): Promise<string> {
  const base = join(folder, "Isaac3D_down128");
  mkdirSync(join(base, "images"), { recursive: true });
  const labels = new Float64Array(rows * 9);
  for (let i = 0; i < rows; i++)
    FACTORS.forEach(([count, stride], k) => {
      labels[i * 9 + k] = (Math.floor(i / stride) % count) / (count - 1);
    });
  const text = `{'descr': '<f8', 'fortran_order': False, 'shape': (${rows}, 9), }`;
  const header = Buffer.from(`\x93NUMPY\x01\x00v\x00${text.padEnd(117)}\n`, "latin1");
  writeFileSync(join(base, "labels.npy"), Buffer.concat([header, Buffer.from(labels.buffer)]));
  for (let i = 0; i < images; i++) await writePicture(join(base, "images", `${String(i).padStart(6, "0")}.png`), i, 128, 128);
  return folder;
}
