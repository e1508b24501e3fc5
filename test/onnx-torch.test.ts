import { useBackend } from "@latentflow/backend";
import type { LossAndGradient } from "@latentflow/core";
import { importSeedFlow, pullBack } from "@latentflow/latent-edit";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import steps from "../packages/latent-edit/test/reference/stylegan2-step.json" with { type: "json" };
import { generatorCases } from "../packages/models/test/reference.js";
import { seededNormals } from "../packages/models/test/seeded-weights.js";
import { expectPyTorch, type Networks, networksOf } from "./onnx-torch.js";

/** Full width; the larger networks are in onnx-torch.slow.test.ts. */

beforeAll(() => useBackend("wasm"));

it.each(["small, NVlabs, clamped", "small, rosinality"])("onnxModel equals PyTorch: %s", async (name) => {
  const networks = await networksOf(generatorCases[name]!);
  await expectPyTorch(generatorCases[name]!, networks);
  networks.dispose();
});

describe("64 px, multiplier 1, on ONNX Runtime", () => {
  const D = 512;
  const reference = generatorCases["64 px, multiplier 1"]!;
  const scaled = (name: string, count: number) => Float32Array.from(seededNormals(name, count), (x) => x / Math.sqrt(D));
  let networks: Networks;

  beforeAll(async () => {
    networks = await networksOf(reference);
  });

  afterAll(() => networks.dispose());

  it("images, logits, and gradients with respect to w are PyTorch's", () => expectPyTorch(reference, networks));

  it.each(steps.map((step) => [step.attribute, step] as const))(
    "a training step equals PyTorch's within 1e-3, attribute %i: loss terms, dL/dw, gradients of the flow",
    async (_, step) => {
      const direction = importSeedFlow({
        "odefunc.model.0.weight": { dtype: "float32", shape: [D, D], data: scaled("flow.weight", D * D) },
        "odefunc.model.0.bias": { dtype: "float32", shape: [D], data: scaled("flow.bias", D) },
      });
      const { model } = networks;
      const w = tf.tensor2d(seededNormals("start codes", 2 * D), [2, D]);
      const originalLogits = await model.logits(w);
      const end = direction.flow(w, step.t);
      const target = model.attributes[step.attribute]!.classes - 1;
      const request = { attributeIndex: step.attribute, target, originalLogits, temperature: 4, preservationWeight: 1 };
      const answer: LossAndGradient = await model.lossAndGradient(end, request);
      expect(Math.abs(answer.attributeLoss / step.attributeLoss - 1)).toBeLessThan(1e-3);
      expect(Math.abs(answer.preservationLoss / step.preservationLoss - 1)).toBeLessThan(1e-3);
      expectNear(await answer.gradient.data(), step.latentGradient);
      const [weight, bias] = pullBack(direction, w, step.t, answer.gradient, "steps");
      // Weights are stored transposed here.
      expectNear(
        tf.tidy(() => tf.transpose(weight!).dataSync()),
        step.weight,
      );
      expectNear(await bias!.data(), step.bias);
      tf.dispose([w, end, weight!, bias!, answer.gradient, ...answer.logits, ...originalLogits]);
      direction.dispose();
    },
  );
});

const norm = (a: ArrayLike<number>) => Math.sqrt(Array.from(a).reduce((sum, x) => sum + x * x, 0));

/** Norm and stored elements within 1e-3, elements measured against their own norm. */
function expectNear(values: ArrayLike<number>, expected: { norm: number; index: number[]; values: number[] }): void {
  expect(Math.abs(norm(values) / expected.norm - 1)).toBeLessThan(1e-3);
  const difference = expected.index.map((k, i) => values[k]! - expected.values[i]!);
  expect(norm(difference) / norm(expected.values)).toBeLessThan(1e-3);
}
