/**
 * Renders the training set: random distinct scenes as NumPy files, which the Python scripts of this folder read.
 *
 *     npx tsx packages/scenes/training/export-dataset.ts --out /var/tmp/latentflow-training/data [--count 220000] [--seed 1] [--processes 2]
 *
 * Writes images.npy [count, 64, 64, 3] uint8 and labels.npy [count, 7] uint8, in an order that is itself random:
 * any prefix is a fair sample. The last 20,000 are held out by the scripts that train.
 */
import { spawn } from "node:child_process";
import { closeSync, ftruncateSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { SeededRandom } from "@latentflow/core";
import { SCENE_COUNT, SCENE_FACTORS, sceneFactors } from "../src/factors.js";
import { renderScene, SCENE_SIZE } from "../src/render.js";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    count: { type: "string", default: "220000" },
    seed: { type: "string", default: "1" },
    processes: { type: "string", default: "2" },
    part: { type: "string" },
  },
});
if (!values.out) throw new Error("export-dataset: expected --out FOLDER");
const count = Number(values.count);
const processes = Number(values.processes);
const images = join(values.out, "images.npy");
const bytesPerImage = SCENE_SIZE * SCENE_SIZE * 3;

if (values.part === undefined) await exportAll(values.out);
else renderPart(Number(values.part));

async function exportAll(out: string): Promise<void> {
  mkdirSync(out, { recursive: true });
  const header = npyHeader([count, SCENE_SIZE, SCENE_SIZE, 3]);
  const file = openSync(images, "w");
  writeSync(file, header, 0, header.length, 0);
  ftruncateSync(file, header.length + count * bytesPerImage);
  closeSync(file);
  const labels = new Uint8Array(count * SCENE_FACTORS.length);
  distinctIndices().forEach((index, i) => {
    labels.set(sceneFactors(index), i * SCENE_FACTORS.length);
  });
  writeFileSync(join(out, "labels.npy"), Buffer.concat([npyHeader([count, SCENE_FACTORS.length]), labels]));
  const parts = Array.from({ length: processes }, (_, part) => {
    const args = [...process.execArgv, fileURLToPath(import.meta.url), ...process.argv.slice(2), "--part", String(part)];
    const child = spawn(process.execPath, args, { stdio: "inherit" });
    return new Promise<void>((resolve, reject) => {
      child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`export-dataset: part ${part} ended with ${code}`))));
    });
  });
  await Promise.all(parts);
}

function renderPart(part: number): void {
  const indices = distinctIndices();
  const offset = npyHeader([count, SCENE_SIZE, SCENE_SIZE, 3]).length;
  const file = openSync(images, "r+");
  // Interleaved blocks: all processes advance from the front together, so a reader may begin with a prefix.
  const block = 500;
  for (let start = part * block; start < count; start += processes * block) {
    const end = Math.min(count, start + block);
    const pixels = new Uint8Array((end - start) * bytesPerImage);
    for (let i = start; i < end; i++) {
      pixels.set(renderScene(sceneFactors(indices[i] as number)), (i - start) * bytesPerImage);
    }
    writeSync(file, pixels, 0, pixels.length, offset + start * bytesPerImage);
    if (part === 0 && (start / block) % 20 === 0) console.log(`${end} of ${count}`);
  }
  closeSync(file);
}

/** The first `count` entries of a seeded random permutation of all scenes (Fisher–Yates). */
function distinctIndices(): Uint32Array {
  const random = new SeededRandom(Number(values.seed));
  const all = Uint32Array.from({ length: SCENE_COUNT }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = random.integer(i, SCENE_COUNT - 1);
    const swapped = all[i] as number;
    all[i] = all[j] as number;
    all[j] = swapped;
  }
  return all.slice(0, count);
}

/** NumPy format 1.0 header of a C-ordered uint8 array, padded to 64 bytes. */
function npyHeader(shape: number[]): Buffer {
  const dictionary = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(", ")}), }`;
  const length = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = Buffer.alloc(length, " ");
  header.write("\x93NUMPY\x01\x00", 0, "latin1");
  header.writeUInt16LE(length - 10, 8);
  header.write(dictionary, 10, "latin1");
  header.write("\n", length - 1, "latin1");
  return header;
}
