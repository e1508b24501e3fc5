import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { loadDirection } from "@latentflow/latent-edit";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROBUST_TRAINING } from "../src/config/presets.js";
import { type ExperimentOptions, type RunEvent, resolveConfig, runExperiment, type TrainingRecord } from "../src/index.js";
import { areaAbove } from "../src/methods/choose.js";
import { trainingCost } from "../src/methods/train.js";
import { tinyExperiment } from "./process/experiment.js";

const model = fileURLToPath(new URL("./process/tiny-model.ts", import.meta.url));
const train = { iterations: 12, batchSize: 8, maxTime: 3, learningRate: 0.02, checkpointEvery: 2, validationStarts: 12 };
const TINY = tinyExperiment(model, {
  methods: ["constant", "ode-1"],
  attributes: ["size"],
  train: { ...ROBUST_TRAINING, ...train },
});

const root = mkdtempSync(join(tmpdir(), "latentflow-robust-"));
const out = (name: string) => join(root, name);

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

async function recordOf(name: string, method: string): Promise<TrainingRecord> {
  return JSON.parse(await readFile(join(out(name), "train/size", method, "training.json"), "utf8"));
}

async function weightsOf(name: string, method: string) {
  const { direction, info } = await loadDirection(join(out(name), "train/size", method, "direction.safetensors"));
  const weights = direction.variables.map((variable) => Array.from(variable.dataSync()));
  direction.dispose();
  return { weights, info };
}

describe("an experiment with candidates", () => {
  it("keeps the best snapshot, says what it was chosen of, and leaks nothing", async () => {
    await runExperiment(TINY, { out: out("whole") });
    for (const method of ["constant", "ode-1"]) {
      const { chosen, iterations } = await recordOf("whole", method);
      const { snapshots, candidate, iteration, starts } = chosen!;
      expect(starts).toBe(12);
      expect(snapshots.map((one) => one.iteration)).toEqual([6, 6, 6, 12, 12]);
      expect(new Set(snapshots.map((one) => one.candidate))).toEqual(new Set(["candidate-1", "candidate-2", "candidate-3"]));
      const best = Math.max(...snapshots.map(({ score }) => score));
      expect(snapshots.find((one) => one.candidate === candidate && one.iteration === iteration)!.score).toBe(best);
      expect(iterations).toBeGreaterThanOrEqual(iteration);
      const { info } = await weightsOf("whole", method);
      const start = candidate === "candidate-2" ? "random" : "line";
      expect(info.training).toMatchObject({ divergence: "hellinger", lengths: "stratified", temperature: 2, start });
    }
    const tensors = tf.memory().numTensors;
    await runExperiment(TINY, { out: out("again") });
    expect(tf.memory().numTensors).toBe(tensors);
    expect(await weightsOf("again", "ode-1")).toEqual(await weightsOf("whole", "ode-1"));
  });

  it.each([0.2, 0.55, 0.9])(
    "stopped at %d of a training, goes on to the same bits, and leaves no state behind",
    async (share) => {
      const name = `stopped-${share}`;
      const stop = new AbortController();
      const onEvent = (event: RunEvent) => {
        if (event.type === "progress" && event.job === "train/size/ode-1" && event.done > share) stop.abort();
      };
      await expect(runExperiment(TINY, { out: out(name), onEvent, signal: stop.signal })).rejects.toThrow("stopped");
      await runExperiment(TINY, { out: out(name) });
      expect(await weightsOf(name, "ode-1")).toEqual(await weightsOf("whole", "ode-1"));
      expect((await recordOf(name, "ode-1")).chosen).toEqual((await recordOf("whole", "ode-1")).chosen);
      expect((await readdir(join(out(name), "train/size"))).filter((file) => file.startsWith("."))).toEqual([]);
    },
  );

  it("without candidates begins along the line when it is told to", async () => {
    const one: ExperimentOptions = { ...TINY, train: { ...train, start: "line", iterations: 1, learningRate: 1e-6 } };
    const fitted = { ...one, methods: ["interfacegan", "constant"] };
    await runExperiment(fitted, { out: out("line") });
    const { weights } = await weightsOf("line", "constant");
    const line = await loadDirection(join(out("line"), "fit/size/interfacegan/direction.safetensors"));
    const along = Array.from(line.direction.variables[0]!.dataSync());
    const length = Math.hypot(...weights[0]!);
    weights[0]!.forEach((x, i) => {
      expect(x / length).toBeCloseTo(along[i]!, 4);
    });
    line.direction.dispose();
    expect((await recordOf("line", "constant")).chosen).toBeUndefined();
  });
});

describe("the preset", () => {
  it("robust is the paper's with another training", () => {
    const { train: robust, ...rest } = resolveConfig({ preset: "robust" });
    const { train: paper, ...others } = resolveConfig({ preset: "paper" });
    expect(rest).toEqual(others);
    expect(robust).toEqual({ ...paper, ...ROBUST_TRAINING });
    expect(resolveConfig(resolveConfig({ preset: "robust" }))).toEqual(resolveConfig({ preset: "robust" }));
  });

  it("costs what its candidates cost", () => {
    const { train: robust } = resolveConfig({ preset: "robust", train: { iterations: 100, batchSize: 10 } });
    // Three to iteration 50, two to 100.
    expect(trainingCost(robust)).toEqual({ gradients: 2500, images: 5 * 100 * 13 });
    expect(trainingCost(resolveConfig().train)).toEqual({ gradients: 32_000, images: 0 });
  });

  it.each<[object, RegExp]>([
    [{ start: "lines" }, /train\.start to be one of random, line/],
    [{ divergence: "l1" }, /train\.divergence to be one of kl, hellinger/],
    [{ candidates: [] }, /train\.candidates to be a list with an entry or more/],
    [{ candidates: [{ iterations: 5 }] }, /unknown option "iterations"/],
    [{ rounds: 0 }, /train\.rounds to be an integer ≥ 1/],
    [{ pathShare: 1 }, /train\.pathShare/],
  ])("refuses %o", (changes, message) => {
    expect(() => resolveConfig({ train: changes as never })).toThrow(message);
  });
});

it("the area above a curve is what it reaches, less what it spoils on the way", () => {
  const t = [0, 1, 2];
  expect(areaAbove({ t, control: [0, 0.5, 0.8], disentanglement: [0, 0, 0] })).toBeCloseTo(0.8, 12);
  expect(areaAbove({ t, control: [0, 0.5, 0.8], disentanglement: [0, 0.2, 0.4] })).toBeCloseTo(0.8 - (0.05 + 0.09), 12);
  // Control that falls again counts to its largest.
  expect(areaAbove({ t, control: [0, 0.8, 0.1], disentanglement: [0, 0.2, 0.9] })).toBeCloseTo(0.8 - 0.08, 12);
  expect(areaAbove({ t, control: [0, 0, 0], disentanglement: [0, 0.2, 0.9] })).toBe(0);
});
