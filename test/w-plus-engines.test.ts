import { useBackend } from "@latentflow/backend";
import { type AttributeModel, SeededRandom } from "@latentflow/core";
import { NeuralOdeDirection, type TrainOptions, tfjsModel, trainDirection } from "@latentflow/latent-edit";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { onnxModel } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { regressorBytes } from "./onnx-regressor.js";

/** Training on W+ codes of a StyleGAN2, on both engines behind AttributeModel. */

const [N, D, ROWS] = [12, 32, 10];
const models: Record<string, AttributeModel> = {};
let generator: StyleGan2Generator;
let regressor: FactorRegressor;

beforeAll(async () => {
  await useBackend("wasm");
  const sizes = { channels: [16, 16, 16, 16, 8], latentDim: D, zDim: D, mappingLayers: 2 };
  generator = StyleGan2Generator.random(sizes, { seed: 3 });
  regressor = await FactorRegressor.fromSafetensors(regressorBytes());
  models.tfjs = tfjsModel({ generator, regressor });
  models.onnx = await onnxModel({ generator, regressor, threads: 1 });
});

afterAll(() => {
  models.onnx!.dispose();
  for (const item of [generator, regressor]) item.dispose();
});

const w = { data: new SeededRandom(4).normals(N * D), shape: [N, D] as const };
const equal = {
  data: Float32Array.from({ length: N * ROWS * D }, (_, i) => w.data[Math.floor(i / (ROWS * D)) * D + (i % D)]!),
  shape: [N, ROWS, D] as const,
};
const plus = { data: new SeededRandom(6).normals(N * ROWS * D), shape: [N, ROWS, D] as const };
// Every code is a start: what is compared is training, not which codes a random regressor finds.
const labels = { data: new Int32Array(N * 4), shape: [N, 4] as const };

async function trained(engine: string, options: Pick<TrainOptions, "codes" | "rows">): Promise<number[]> {
  const model = models[engine]!;
  const direction = new NeuralOdeDirection({ latentDim: D, depth: 1, seed: 1 });
  const before = tf.memory().numTensors;
  const attribute = model.attributes[1]!.name;
  await trainDirection(direction, { model, attribute, labels, iterations: 3, batchSize: 4, maxTime: 3, ...options });
  expect(tf.memory().numTensors).toBe(before);
  const weights = direction.variables.flatMap((variable) => Array.from(variable.dataSync()));
  direction.dispose();
  return weights;
}

/** Of the changes that training made: Adam's first steps are about ±1e-3 each. */
function expectSame(a: readonly number[], b: readonly number[]): void {
  const changed = a.filter((x, i) => Math.abs(x - b[i]!) > 1e-4).length;
  expect(changed / a.length).toBeLessThan(0.01);
}

describe.each(["tfjs", "onnx"])("%s", (engine) => {
  it("W+ codes of equal rows train as W codes do", async () => {
    expectSame(await trained(engine, { codes: equal }), await trained(engine, { codes: w }));
  });
});

it("both engines train the same edit of the first six rows, another than that of all", async () => {
  const [onTfjs, onOnnx] = [
    await trained("tfjs", { codes: plus, rows: [0, 6] }),
    await trained("onnx", { codes: plus, rows: [0, 6] }),
  ];
  expectSame(onOnnx, onTfjs);
  const all = await trained("onnx", { codes: plus });
  expect(all.filter((x, i) => Math.abs(x - onOnnx[i]!) > 1e-4).length / all.length).toBeGreaterThan(0.1);
});
