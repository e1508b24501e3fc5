import { mkdtempSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { useBackend } from "@latentflow/backend";
import { loadDirection } from "@latentflow/latent-edit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { runExperiment } from "../src/index.js";
import { loadParts } from "../src/model/load-parts.js";
import { tinyExperiment } from "./process/experiment.js";
import tinyModel, { D } from "./process/tiny-model.js";

const root = mkdtempSync(join(tmpdir(), "latentflow-sefa-"));
const module = (name: string) => fileURLToPath(new URL(`./process/${name}.ts`, import.meta.url));

beforeAll(() => useBackend("wasm"));
afterAll(() => rm(root, { recursive: true, force: true }));

it("finds, measures and reports the style weights' direction that goes with an attribute most", async () => {
  const options = tinyExperiment(module("tiny-model"), { attributes: ["size"], methods: ["sefa", "constant"] });
  const { results, report } = (await runExperiment(options, { out: root }))!;
  expect(results.missing).toEqual([]);
  const sefa = results.attributes[0]!.methods[0]!;
  expect(sefa).toMatchObject({ id: "sefa", label: "SeFa", kind: "linear", training: null });
  expect(sefa.evaluation!.samples).toBeGreaterThan(10);
  expect(sefa.analysis!.straightness.mean).toBeCloseTo(1, 5);
  expect(await readFile(report, "utf8")).toContain("SeFa");

  const { direction } = await loadDirection(new Uint8Array(await readFile(join(root, "fit/size/sefa/direction.safetensors"))));
  const vector = Array.from(await direction.variables[0]!.data());
  direction.dispose();
  expect(Math.hypot(...vector)).toBeCloseTo(1, 5);
  // An eigenvector of AᵀA, rows of A scaled to length 1 (Shen and Zhou, equation 6).
  const [weights] = await tinyModel().styleWeights!();
  const data = Float32Array.from((weights as { data: ArrayLike<number> }).data);
  const product = Array<number>(D).fill(0);
  for (let row = 0; row < data.length; row += D) {
    const entries = Array.from(data.subarray(row, row + D));
    const along = entries.reduce((sum, x, k) => sum + x * vector[k]!, 0) / Math.hypot(...entries) ** 2;
    entries.forEach((x, k) => {
      product[k]! += along * x;
    });
  }
  const eigenvalue = Math.hypot(...product);
  product.forEach((x, k) => {
    expect(x / eigenvalue).toBeCloseTo(vector[k]!, 4);
  });
  const { component } = sefa.fit!;
  expect(component!.correlation).toBeGreaterThan(0.2);
  // "size" grows with w's first entry.
  expect(vector[0]).toBeGreaterThan(0);
});

it("is given the affine maps of all convolutions of a StyleGAN2, not those to RGB", async () => {
  const parts = await loadParts({ kind: "scenes", from: null });
  const layers = await parts.styleWeights!();
  parts.dispose?.();
  // 64 px: one convolution at 4 px, two at each of 8, 16, 32, 64.
  expect(layers).toHaveLength(9);
  for (const { data, shape } of layers as { data: ArrayLike<number>; shape: [number, number] }[]) {
    expect(shape[1]).toBe(parts.generator!.latentDim);
    expect(data).toHaveLength(shape[0] * shape[1]);
    expect(Array.from(data).some((x) => x !== 0)).toBe(true);
  }
});

it("names the method that needs weights when a model has none", async () => {
  const bare = tinyExperiment(module("bare-model"), { attributes: ["size"], methods: ["sefa"] });
  await expect(runExperiment(bare, { out: join(root, "bare") })).rejects.toThrow(/styleWeights\(\) for the method "sefa"/);
});
