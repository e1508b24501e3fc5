import { useBackend } from "@latentflow/backend";
import { AbortError, type AttributeModel, SeededRandom } from "@latentflow/core";
import { tfjsModel } from "@latentflow/latent-edit";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { SplitModel } from "../src/model/split-model.js";
import tinyModel, { D } from "./process/tiny-model.js";

const ROWS = 8;
let whole: AttributeModel;
let w: tf.Tensor2D;
let originalLogits: tf.Tensor2D[];

beforeAll(async () => {
  await useBackend("wasm");
  const { generator, regressor } = tinyModel();
  whole = tfjsModel({ generator, regressor });
  w = tf.tensor2d(new SeededRandom(4).normals(ROWS * D), [ROWS, D]);
  originalLogits = await whole.logits(tf.tensor2d(new SeededRandom(5).normals(ROWS * D), [ROWS, D]));
});

/** A model in parts, and the rows of each batch that it was asked for. */
function split(most: number, signal?: AbortSignal) {
  const asked: number[] = [];
  const note = <T>(codes: tf.Tensor, answer: () => Promise<T>) => {
    asked.push(codes.shape[0]!);
    return answer();
  };
  const inner: AttributeModel = {
    ...{ latentDim: D, attributes: whole.attributes, dispose: () => undefined },
    synthesize: (codes) => note(codes, () => whole.synthesize(codes)),
    logits: (codes) => note(codes, () => whole.logits(codes)),
    lossAndGradient: (codes, loss) => note(codes, () => whole.lossAndGradient(codes, loss)),
  };
  return { model: new SplitModel(inner, () => most, signal), asked };
}

const valuesOf = async (tensors: readonly tf.Tensor[]) =>
  Promise.all(tensors.map(async (tensor) => [tensor.shape, ...(await tensor.data())]));

it("a model asked in parts weighs each code as the whole batch does", async () => {
  const { model, asked } = split(3);
  const codeWeights = [0, 2, 1, 0, 0.5, 3, 1, 0.5];
  const preservation = { divergence: "hellinger" } as const;
  const common = { attributeIndex: 1, target: 2, originalLogits, temperature: 4, preservationWeight: 0.7 };
  const loss = { ...common, codeWeights, preservation };
  const [a, b] = [await whole.lossAndGradient(w, loss), await model.lossAndGradient(w, loss)];
  expect(asked).toEqual([3, 3, 2]);
  expect(b.attributeLoss).toBeCloseTo(a.attributeLoss, 6);
  expect(b.preservationLoss).toBeCloseTo(a.preservationLoss, 6);
  const [inOne, inParts] = [await a.gradient.data(), await b.gradient.data()];
  inOne.forEach((x, i) => {
    expect(inParts[i]).toBeCloseTo(x, 6);
  });
  tf.dispose([a.gradient, b.gradient, ...a.logits, ...b.logits]);
});

describe("a model asked in parts", () => {
  it.each([
    [3, [3, 3, 2]],
    [1, Array(8).fill(1)],
    [8, [8]],
    [Number.POSITIVE_INFINITY, [8]],
  ])("of at most %d images gives the whole batch's answers", async (most, parts) => {
    const tensors = tf.memory().numTensors;
    const { model, asked } = split(most);
    const loss = { attributeIndex: 1, target: [0, 1, 2, 0, 1, 2, 0, 1], originalLogits, temperature: 4, preservationWeight: 0.7 };
    const [a, b] = [await whole.lossAndGradient(w, loss), await model.lossAndGradient(w, loss)];
    expect(asked).toEqual(parts);
    expect(b.attributeLoss).toBeCloseTo(a.attributeLoss, 6);
    expect(b.preservationLoss).toBeCloseTo(a.preservationLoss, 6);
    expect(b.gradient.shape).toEqual([ROWS, D]);
    const gradients = [await a.gradient.data(), await b.gradient.data()];
    const largest = Math.max(...gradients[0]!.map(Math.abs));
    expect(largest).toBeGreaterThan(1e-3);
    for (let i = 0; i < ROWS * D; i++) expect(Math.abs(gradients[0]![i]! - gradients[1]![i]!) / largest).toBeLessThan(1e-5);
    expect(await valuesOf(b.logits)).toEqual(await valuesOf(a.logits));
    tf.dispose([a.gradient, ...a.logits, b.gradient, ...b.logits]);
    const [images, partImages] = [await whole.synthesize(w), await model.synthesize(w)];
    expect(await valuesOf([partImages])).toEqual(await valuesOf([images]));
    const [logits, partLogits] = [await whole.logits(w), await model.logits(w)];
    expect(await valuesOf(partLogits)).toEqual(await valuesOf(logits));
    tf.dispose([images, partImages, ...logits, ...partLogits]);
    expect(tf.memory().numTensors).toBe(tensors);
  });

  it("gives a loss of the caller's own its whole batch", async () => {
    const { model, asked } = split(3);
    const { gradient, logits } = await model.lossAndGradient(w, ([first]) => tf.mean(first!) as tf.Scalar);
    expect(asked).toEqual([8]);
    tf.dispose([gradient, ...logits]);
  });

  it("stops between two parts, and leaks nothing", async () => {
    const stop = new AbortController();
    const { model, asked } = split(3, stop.signal);
    const tensors = tf.memory().numTensors;
    const pending = [
      model.logits(w),
      model.lossAndGradient(w, { attributeIndex: 0, target: 1, originalLogits, temperature: 4, preservationWeight: 1 }),
    ];
    stop.abort();
    for (const one of await Promise.allSettled(pending)) expect((one as PromiseRejectedResult).reason).toBeInstanceOf(AbortError);
    // Each had begun with its first part.
    expect(asked).toEqual([3, 3]);
    expect(tf.memory().numTensors).toBe(tensors);
    const later = new AbortController();
    const running = split(3, later.signal);
    const asks = running.model.synthesize(w);
    setImmediate(() => later.abort());
    await expect(asks).rejects.toBeInstanceOf(AbortError);
    expect(running.asked.length).toBeLessThan(3);
    expect(tf.memory().numTensors).toBe(tensors);
  });
});
