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
import own from "./process/own-extensions.js";

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
      // Those that begin as a line are measured as they begin.
      expect(snapshots.map((one) => one.iteration)).toEqual([0, 0, 6, 6, 6, 12, 12]);
      expect(snapshots.slice(0, 2).map((one) => one.candidate)).toEqual(["candidate-1", "candidate-3"]);
      expect(new Set(snapshots.map((one) => one.candidate))).toEqual(new Set(["candidate-1", "candidate-2", "candidate-3"]));
      const best = Math.max(...snapshots.map(({ score }) => score));
      expect(snapshots.find((one) => one.candidate === candidate && one.iteration === iteration)!.score).toBe(best);
      expect(iterations).toBeGreaterThanOrEqual(iteration);
      const { info } = await weightsOf("whole", method);
      const start = ["line", "random", "line"][Number(candidate.at(-1)) - 1]!;
      // A constant can't begin as itself.
      if (method === "ode-1" && candidate === "candidate-1") expect(info.training).toMatchObject({ start: "constant" });
      else expect(info.training).toMatchObject({ start });
      expect(info.training).toMatchObject({ divergence: "hellinger", lengths: "stratified", temperature: 2 });
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

  it("flows begin along the constant of their own seed, whether it was asked for or not", async () => {
    const settings = { ...train, start: "constant", iterations: 1, learningRate: 1e-6, seeds: 2 } as const;
    await runExperiment({ ...TINY, methods: ["ode-1"], train: settings }, { out: out("along") });
    const lines = ["constant", "constant_seed-1"].map(async (method) => (await weightsOf("along", method)).weights[0]!);
    const flows = ["ode-1", "ode-1_seed-1"].map(async (method) => (await weightsOf("along", method)).weights.at(-1)!);
    const [lineA, lineB] = (await Promise.all(lines)) as [number[], number[]];
    const [flowA, flowB] = (await Promise.all(flows)) as [number[], number[]];
    const cosine = (a: number[], b: number[]) =>
      a.reduce((sum, x, i) => sum + x * b[i]!, 0) / Math.hypot(...a) / Math.hypot(...b);
    expect([cosine(flowA, lineA), cosine(flowB, lineB)]).toEqual([expect.closeTo(1, 4), expect.closeTo(1, 4)]);
    // Both constants begin along InterFaceGAN's line of the same codes: only their orders of codes differ.
    expect(lineA).not.toEqual(lineB);
    await expect(
      runExperiment({ ...TINY, methods: ["constant"], train: { ...settings, seeds: 1 } }, { out: out("alone") }),
    ).resolves.toBeDefined();
  });
});

describe("a method from outside", () => {
  const options = { ...TINY, methods: ["short-flow"] };
  const settings = { extensions: own, workers: 1 };

  it("that does not need the trained constant is told so where it should begin along it", async () => {
    const along = { ...options, train: { ...train, start: "constant" } as const };
    await expect(runExperiment(along, { out: out("outside"), ...settings })).rejects.toThrow(
      'expected train.start to be "random" or "line" for a method whose needs() do not name the trained constant, got "constant"',
    );
  });

  it("goes on without that candidate, and with the others", async () => {
    await runExperiment(options, { out: out("others"), ...settings });
    const { snapshots } = (await recordOf("others", "short-flow")).chosen!;
    expect(new Set(snapshots.map(({ candidate }) => candidate))).toEqual(new Set(["candidate-2", "candidate-3"]));
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
    // Three to iteration 50, two to 100; two more are measured before.
    expect(trainingCost(robust)).toEqual({ gradients: 2500, images: 7 * 300 * 13 });
    expect(trainingCost(resolveConfig().train)).toEqual({ gradients: 32_000, images: 0 });
  });

  it.each<[object, RegExp]>([
    [{ start: "lines" }, /train\.start to be one of random, line, constant/],
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
