/**
 * Renders the training set: random distinct scenes as NumPy files, which the Python scripts of this folder map into memory.
 *
 *     npx tsx packages/scenes/training/export-dataset.ts --out /var/tmp/latentflow-training/data [--count 220000] [--seed 1]
 *
 * Writes images.npy [count, 64, 64, 3] uint8 and labels.npy [count, 7] uint8, in an order that is itself random:
 * any prefix is a fair sample. The last 20,000 are held out by the scripts that train.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeFileAtomic } from "@latentflow/core/files";
import { scenesDataset } from "../src/dataset.js";
import { SCENE_FACTORS } from "../src/factors.js";
import { npyHeader } from "../src/npz.js";
import { SCENE_SIZE } from "../src/render.js";
import { renderBlocks } from "../src/render-pool.js";
import { EXPORT_SEED, EXPORTED, exportedScenes } from "./training-set.js";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    count: { type: "string", default: String(EXPORTED) },
    seed: { type: "string", default: String(EXPORT_SEED) },
  },
});
if (!values.out) throw new Error("export-dataset: expected --out FOLDER");
const count = Number(values.count);
const indices = exportedScenes(count, Number(values.seed));
mkdirSync(values.out, { recursive: true });
await writeFileAtomic(join(values.out, "labels.npy"), labels());
await writeFileAtomic(join(values.out, "images.npy"), images());

async function* labels(): AsyncGenerator<Uint8Array> {
  yield npyHeader("|u1", [count, SCENE_FACTORS.length]);
  yield scenesDataset().labels(indices);
}

async function* images(): AsyncGenerator<Uint8Array> {
  yield npyHeader("|u1", [count, SCENE_SIZE, SCENE_SIZE, 3]);
  const onProgress = (done: number): void => {
    if (done % 6400 === 0) console.log(`${done} of ${count}`);
  };
  yield* renderBlocks("export-dataset", indices, { onProgress });
}
