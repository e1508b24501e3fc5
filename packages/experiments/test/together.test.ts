import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { afterAll, beforeAll, expect, it } from "vitest";
import { reportExperiment, runExperiment } from "../src/index.js";
import { tinyExperiment } from "./process/experiment.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-together-"));
const TINY = tinyExperiment(fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url)), {
  methods: ["interfacegan", "projected", "constant"],
});

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

const numbersOf = async (name: string) => {
  const { timings: _, ...numbers } = (await reportExperiment(join(root, name))).results;
  return numbers;
};

it("runs of one folder at once, slices and whole ones, end with the numbers of one alone", async () => {
  await runExperiment(TINY, { out: join(root, "alone") });
  const slices = [0, 1, 2].map((index) => ({ shard: { index, count: 3 } }));
  const all = [{}, ...slices, {}];
  await Promise.all(all.map((settings) => runExperiment(TINY, { out: join(root, "together"), ...settings })));
  expect(await numbersOf("together")).toEqual(await numbersOf("alone"));
  const left = await readdir(join(root, "together"), { recursive: true });
  expect(left.filter((name) => /\.(tmp|old|state)/.test(name))).toEqual([]);
});
