import "@tensorflow/tfjs-backend-cpu";
import type { LossRequest } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { attributeLoss, LatentEditError, preservationLoss, tfjsModel } from "../src/index.js";
import reference from "./reference/losses.json" with { type: "json" };
import { CLASSES, D, generator, regressor, weights } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

const BATCH = 5;
const starts = () => tf.tensor2d(weights(99, BATCH * D, 1.5), [BATCH, D]);
const moved = () => tf.tidy(() => tf.add(starts(), tf.tensor2d(weights(98, BATCH * D, 1), [BATCH, D])) as tf.Tensor2D);
const norm = (a: ArrayLike<number>) => Math.sqrt(Array.from(a).reduce((sum, x) => sum + x * x, 0));

type Case = (typeof reference)[number];

function requestOf(c: Case, originalLogits: tf.Tensor2D[]): LossRequest {
  return {
    ...{ attributeIndex: c.attribute, target: CLASSES[c.attribute]! - 1, originalLogits },
    ...{ temperature: c.temperature, preservationWeight: c.preservationWeight },
    preservation: {
      divergence: c.divergence as "kl" | "hellinger",
      ...{ temperature: c.preservationTemperature, originalTemperature: c.originalTemperature },
      attributeWeights: c.attributeWeights,
    },
    ...(c.codeWeights && { codeWeights: c.codeWeights }),
  };
}

it.each(reference.map((c) => [c.name, c] as const))("losses and dL/dw are PyTorch's: %s", async (_, c) => {
  const before = tf.memory().numTensors;
  const model = tfjsModel({ generator, regressor });
  const [w0, w] = [starts(), moved()];
  const original = await model.logits(w0);
  const answer = await model.lossAndGradient(w, requestOf(c, original));
  expect(Math.abs(answer.attributeLoss / c.attributeLoss - 1)).toBeLessThan(1e-5);
  expect(Math.abs(answer.preservationLoss / c.preservationLoss - 1)).toBeLessThan(1e-4);
  const difference = Array.from(await answer.gradient.data(), (x, i) => x - c.latentGradient[i]!);
  expect(norm(difference) / norm(c.latentGradient)).toBeLessThan(1e-4);
  tf.dispose([w0, w, answer.gradient, ...answer.logits, ...original]);
  expect(tf.memory().numTensors).toBe(before);
});

it("what is left out of a request is the paper's, to the bit", async () => {
  const model = tfjsModel({ generator, regressor });
  const originalLogits = await model.logits(starts());
  const request = { attributeIndex: 0, target: 2, originalLogits, temperature: 4, preservationWeight: 1 };
  const plain = await model.lossAndGradient(moved(), request);
  const written = {
    ...request,
    preservation: { divergence: "kl", originalTemperature: 1 },
    codeWeights: [1, 1, 1, 1, 1],
  } as const;
  const same = await model.lossAndGradient(moved(), written);
  expect(same.preservationLoss).toBe(plain.preservationLoss);
  expect(same.attributeLoss).toBe(plain.attributeLoss);
  expect(await same.gradient.data()).toEqual(await plain.gradient.data());
});

describe("a bounded term", () => {
  const far = (sign: number) => [tf.tensor2d([[0, 0]]), tf.tensor2d([[sign * 1000, 0, 0]])];

  it("is 1 at most, and has finite gradients where a probability is 0", () => {
    const loss = (shifted: tf.Tensor) =>
      preservationLoss([tf.zeros([1, 2]), shifted as tf.Tensor2D], far(1), 0, 1, { divergence: "hellinger" });
    const { value, grad } = tf.valueAndGrad(loss)(tf.tensor2d([[-1000, 0, 0]]));
    expect(value.dataSync()[0]).toBeCloseTo(1, 6);
    expect(Array.from(grad.dataSync()).every(Number.isFinite)).toBe(true);
    expect(preservationLoss(far(1), far(1), 0, 1, { divergence: "hellinger" }).dataSync()[0]).toBeCloseTo(0, 6);
  });
});

describe("wrong parts of a request are told", () => {
  const logits = [tf.zeros<tf.Rank.R2>([2, 2]), tf.zeros<tf.Rank.R2>([2, 3])];
  const wrong: [string, unknown, RegExp][] = [
    ["another divergence", { divergence: "helinger" }, /one of kl, hellinger.*Did you mean "hellinger"/],
    ["an unknown name", { tau: 2 }, /unknown option "tau"/],
    ["no object", 5, /options object/],
    ["a temperature of 0", { temperature: 0 }, /preservation\.temperature to be a finite number > 0/],
    ["one weight too few", { attributeWeights: [1] }, /attributeWeights to be 2 finite numbers ≥ 0, one for each attribute/],
    ["a weight below 0", { attributeWeights: [1, -1] }, /got 1, -1/],
  ];
  it.each(wrong)("%s", (_, preservation, message) => {
    const ask = () => preservationLoss(logits, logits, 0, 1, preservation as never);
    expect(ask).toThrow(message);
    expect(ask).toThrow(LatentEditError);
  });

  it("code weights of another number", () => {
    expect(() => attributeLoss(logits[0]!, 1, 4, [1])).toThrow(/codeWeights to be 2 finite numbers ≥ 0, one for each code/);
  });
});
