import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { type ExperimentOptions, reportExperiment, runExperiment } from "@latentflow/experiments";
import { edit, loadDirection } from "@latentflow/latent-edit";
import { odeint } from "@latentflow/ode";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { AffineDirection } from "./extending/affine-direction.js";
import { ssprk3 } from "./extending/ssprk3.js";

const file = (name: string) => fileURLToPath(new URL(`./extending/${name}.ts`, import.meta.url));
const root = mkdtempSync(join(tmpdir(), "latentflow-extending-"));
const out = join(root, "run");

const EXPERIMENT: ExperimentOptions = {
  preset: "quick",
  name: "extended",
  seed: 5,
  model: { kind: "module", path: file("plain-colours") },
  extensions: file("index"),
  attributes: ["warm"],
  methods: ["interfacegan", "affine"],
  sample: { codes: 200, heldOut: 60, chunk: 100, batchSize: 50 },
  evaluate: { starts: 20, times: 5, maxTime: 3, resamples: 20, batchSize: 20 },
  pictures: { samples: 0 },
};

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

it("a solver from outside has its order", () => {
  const error = (stepSize: number) =>
    Math.abs((odeint((_t, y) => -y, 1, [0, 1], { method: ssprk3, stepSize }) as Float64Array)[1]! - Math.exp(-1));
  expect(error(1 / 8) / error(1 / 16)).toBeGreaterThan(7);
  expect(error(1 / 8) / error(1 / 16)).toBeLessThan(9);
});

it("a direction, a method with a training of its own and a metric from outside go from the codes to the report", async () => {
  const before = tf.memory().numTensors;
  const { results, report } = (await runExperiment(EXPERIMENT, { out }))!;
  expect(tf.memory().numTensors).toBe(before);
  expect(results.missing).toEqual([]);
  const [line, field] = results.attributes[0]!.methods;
  expect(field).toMatchObject({ id: "affine", label: "Affine field", kind: "nonlinear" });
  const { curve, parameters } = field!.training!;
  expect(parameters).toBe(12);
  expect(curve.attribute.at(-1)!).toBeLessThan(curve.attribute[0]!);
  expect(field!.evaluation!.maxControl).toBeGreaterThan(0.9);
  const distances = [line, field].map((method) => (method!.extra!.distance as { mean: number }).mean);
  expect(distances[0]).toBeCloseTo(3, 4);
  expect(distances[1]!).toBeLessThan(3.0001);
  const page = await readFile(report, "utf8");
  expect(page).toContain("Distance of the ends");
  expect(page).toContain(`warm, Affine field: ${distances[1]!.toFixed(2)}`);
  const csv = await readFile(join(out, "csv", "distance.csv"), "utf8");
  expect(csv.split("\r\n").slice(0, 2)).toEqual(["attribute,method,mean", `warm,interfacegan,${distances[0]}`]);
});

it("its file opens, and edits as it was measured", async () => {
  const bytes = await readFile(join(out, "train", "warm", "affine", "direction.safetensors"));
  const { direction } = await loadDirection(bytes);
  expect(direction).toBeInstanceOf(AffineDirection);
  const w = tf.tensor2d([[-1, 0, 1]]);
  const there = edit(w, direction, 2);
  const back = edit(there, direction, -2);
  tf.sub(back, w)
    .dataSync()
    .forEach((x) => {
      expect(Math.abs(x)).toBeLessThan(1e-3);
    });
  tf.dispose([w, there, back]);
  direction.dispose();
});

it("nothing is done twice, and the report can be made again", async () => {
  const jobs: string[] = [];
  await runExperiment(EXPERIMENT, { out, onEvent: (event) => void (event.type === "end" && jobs.push(event.job)) });
  expect(jobs).toEqual([]);
  const { report } = await reportExperiment(out);
  expect(await readFile(report, "utf8")).toContain("Distance of the ends");
});
