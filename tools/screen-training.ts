/**
 * Screens ways to train: each candidate of tools/screening/candidates.ts on some factors with some seeds, measured on validation starts, which are
 * neither trained on nor held out. A finished cell is a line of a file, and is not made again.
 *
 *     npm run screen:training -- --model tabletop --factors background_color,object_shape --seeds 0,1 --out /var/tmp/latentflow-screen
 *
 * Candidates are parted by semicolons: --candidates "flow; flow, bounded". The table alone: --table-only.
 */
import { existsSync } from "node:fs";
import { appendFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BundledName, loadModel } from "@latentflow/engine";
import { CANDIDATES } from "./screening/candidates.js";
import { type Cell, runCell, type Setting } from "./screening/cell.js";
import { Codes } from "./screening/codes.js";
import { tableOf } from "./screening/table.js";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: "tabletop" },
    factors: { type: "string", default: "background_color,object_shape" },
    candidates: { type: "string" },
    seeds: { type: "string", default: "0" },
    iterations: { type: "string", default: "200" },
    starts: { type: "string", default: "150" },
    "max-time": { type: "string", default: "6" },
    threads: { type: "string", default: "1" },
    out: { type: "string", default: "/var/tmp/latentflow-screen" },
    "table-only": { type: "boolean", default: false },
  },
});
/** InterFaceGAN's line, beside the candidates. */
const LINE = "InterFaceGAN";
const setting: Setting = {
  iterations: Number(values.iterations),
  starts: Number(values.starts),
  times: Array.from({ length: 13 }, (_, i) => (i * Number(values["max-time"])) / 12),
};
const names = values.candidates?.split(";").map((name) => name.trim()) ?? [LINE, ...Object.keys(CANDIDATES)];
const unknown = names.filter((name) => name !== LINE && CANDIDATES[name] === undefined);
if (unknown.length > 0)
  throw new Error(`screen-training: expected candidates among ${Object.keys(CANDIDATES).join("; ")}, got ${unknown.join("; ")}`);

await mkdir(values.out, { recursive: true });
const file = join(values.out, "cells.jsonl");
const same = (a: Cell, b: Omit<Cell, "curves" | "seconds">) =>
  (["model", "factor", "candidate", "seed"] as const).every((key) => a[key] === b[key]) &&
  JSON.stringify(a.setting) === JSON.stringify(b.setting);
const readCells = async (): Promise<Cell[]> =>
  existsSync(file)
    ? (await readFile(file, "utf8"))
        .split("\n")
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Cell)
    : [];

if (!values["table-only"]) {
  const model = await loadModel(values.model as BundledName, { engine: "onnx", threads: Number(values.threads) });
  const codes = (name: string, count: number, seed: number) =>
    Codes.make(model, count, seed, join(values.out, `${values.model}-${name}-${count}-${seed}.f32`));
  const training = await codes("training", 3000, 0);
  // Experiments draw from seed 0 on and small seeds.
  const validation = await codes("validation", 1500, 90_001);
  for (const seed of values.seeds.split(",").map(Number)) {
    for (const candidate of names) {
      for (const factor of values.factors.split(",")) {
        const key = { model: values.model, factor, candidate, seed: candidate === LINE ? 0 : seed, setting };
        if ((await readCells()).some((cell) => same(cell, key))) continue;
        const started = performance.now();
        const curves = await runCell({ model, training, validation, factor, setting }, CANDIDATES[candidate], seed);
        const cell: Cell = { ...key, curves, seconds: Math.round((performance.now() - started) / 1000) };
        await appendFile(file, `${JSON.stringify(cell)}\n`);
        console.log(`${candidate}, ${factor}, seed ${seed}: ${cell.seconds} s`);
      }
    }
  }
  model.dispose();
}
const cells = (await readCells()).filter(
  (cell) => cell.model === values.model && JSON.stringify(cell.setting) === JSON.stringify(setting),
);
console.log(tableOf(cells));
