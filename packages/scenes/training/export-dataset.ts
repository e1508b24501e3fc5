/**
 * Renders the training set: random distinct scenes as NumPy files, which the Python scripts of this folder map into memory.
 *
 *     npx tsx packages/scenes/training/export-dataset.ts --out /var/tmp/latentflow-training/data [--scenes studio] [--count 220000] [--seed 1]
 *
 * Writes factors.json, images.npy [count, 64, 64, 3] uint8 and labels.npy [count, factors] uint8, in an order that is itself random:
 * any prefix is a fair sample. The last 20,000 are held out by the scripts that train.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { npyHeader } from "@latentflow/checkpoints";
import { writeFileAtomic } from "@latentflow/core/files";
import { type SceneSetName, scenesDataset } from "../src/dataset.js";
import { renderBlocks } from "../src/render-pool.js";
import { EXPORT_SEED, EXPORTED, exportedScenes } from "./training-set.js";

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    scenes: { type: "string", default: "tabletop" },
    count: { type: "string", default: String(EXPORTED) },
    seed: { type: "string", default: String(EXPORT_SEED) },
  },
});
if (!values.out) throw new Error("export-dataset: expected --out FOLDER");
const count = Number(values.count);
const dataset = scenesDataset(values.scenes as SceneSetName);
const indices = exportedScenes(count, Number(values.seed), dataset.name);
mkdirSync(values.out, { recursive: true });
const factors = dataset.attributes.map(({ name, classes }) => [name, classes]);
await writeFileAtomic(join(values.out, "factors.json"), `${JSON.stringify(Object.fromEntries(factors))}\n`);
await writeFileAtomic(join(values.out, "labels.npy"), labels());
await writeFileAtomic(join(values.out, "images.npy"), images());

async function* labels(): AsyncGenerator<Uint8Array> {
  yield npyHeader({ dtype: "uint8", shape: [count, dataset.attributes.length] });
  yield dataset.labels(indices);
}

async function* images(): AsyncGenerator<Uint8Array> {
  yield npyHeader({ dtype: "uint8", shape: [count, dataset.size, dataset.size, 3] });
  const onProgress = (done: number): void => {
    if (done % 6400 === 0) console.log(`${done} of ${count}`);
  };
  yield* renderBlocks("export-dataset", indices, { scenes: dataset.name, onProgress });
}
