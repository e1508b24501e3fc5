import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FactorRegressor, StyleGan2Generator } from "../../models/src/index.js";
import { seededGenerator, seededRegressor } from "../../models/test/networks.js";
import { seededNormals } from "../../models/test/seeded-weights.js";
import { importSeedFlow, pullBack, tfjsModel } from "../src/index.js";
import reference from "./reference/stylegan2-step.json" with { type: "json" };

const D = 512;
const CODES = 2;
let generator: StyleGan2Generator;
let regressor: FactorRegressor;

beforeAll(async () => {
  await useBackend("wasm");
  const sizes = {
    resolution: 64,
    zDim: D,
    latentDim: D,
    mappingLayers: 8,
    mappingRate: 0.01,
    channels: [512, 512, 512, 512, 256],
  };
  generator = seededGenerator({ ...sizes, family: "rosinality", convClamp: null });
  regressor = await seededRegressor();
});

afterAll(() => {
  generator.dispose();
  regressor.dispose();
});

const scaled = (name: string, count: number) => Float32Array.from(seededNormals(name, count), (x) => x / Math.sqrt(D));
const norm = (a: ArrayLike<number>) => Math.sqrt(Array.from(a).reduce((sum, x) => sum + x * x, 0));

/** Norm and stored elements within 1e-3, elements measured against their own norm. */
function expectClose(values: ArrayLike<number>, expected: { norm: number; index: number[]; values: number[] }): void {
  expect(Math.abs(norm(values) / expected.norm - 1)).toBeLessThan(1e-3);
  const difference = expected.index.map((k, i) => values[k]! - expected.values[i]!);
  expect(norm(difference) / norm(expected.values)).toBeLessThan(1e-3);
}

describe.each(reference.map((c) => [c.attribute, c] as const))(
  "64 px StyleGAN2 and the CNN regressor on wasm, attribute %i",
  (_, c) => {
    it("one training step equals PyTorch's within 1e-3: end points, loss terms, dL/dw, gradients of the flow", async () => {
      const direction = importSeedFlow({
        "odefunc.model.0.weight": { dtype: "float32", shape: [D, D], data: scaled("flow.weight", D * D) },
        "odefunc.model.0.bias": { dtype: "float32", shape: [D], data: scaled("flow.bias", D) },
      });
      const model = tfjsModel({ generator, regressor });
      const w = tf.tensor2d(seededNormals("start codes", CODES * D), [CODES, D]);
      const originalLogits = await model.logits(w);
      const end = direction.flow(w, c.t);
      expectClose(await end.data(), c.end);
      const target = regressor.attributes[c.attribute]!.classes - 1;
      const answer = await model.lossAndGradient(end, {
        attributeIndex: c.attribute,
        target,
        originalLogits,
        temperature: 4,
        preservationWeight: 1,
      });
      expect(Math.abs(answer.attributeLoss / c.attributeLoss - 1)).toBeLessThan(1e-3);
      expect(Math.abs(answer.preservationLoss / c.preservationLoss - 1)).toBeLessThan(1e-3);
      expectClose(await answer.gradient.data(), c.latentGradient);
      const [weight, bias] = pullBack(direction, w, c.t, answer.gradient, "steps");
      expectClose(
        tf.tidy(() => tf.transpose(weight!).dataSync()),
        c.weight,
      );
      expectClose(await bias!.data(), c.bias);
      tf.dispose([w, end, weight!, bias!, answer.gradient, ...answer.logits, ...originalLogits]);
      direction.dispose();
    });
  },
);
