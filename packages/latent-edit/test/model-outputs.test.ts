import "@tensorflow/tfjs-backend-cpu";
import type { Generator, LossRequest, Regressor } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { LatentEditError, tfjsModel } from "../src/index.js";
import { D, embedder, generator, regressor } from "./small-world.js";

beforeAll(() => tf.setBackend("cpu"));

/** The working generator, with something else in place of its answer. */
const generating = (answer: (images: tf.Tensor4D) => unknown): Generator => ({
  ...generator,
  latentDim: D,
  synthesize: (w) => answer(generator.synthesize(w)) as tf.Tensor4D,
});
const predicting = (answer: (logits: tf.Tensor2D[]) => unknown): Regressor => ({
  attributes: regressor.attributes,
  logits: (images) => answer(regressor.logits(images)) as tf.Tensor2D[],
});

const models: [string, Generator, Regressor, RegExp][] = [
  [
    "pictures of rank 2",
    generating((x) => tf.reshape(x, [3, -1])),
    regressor,
    /to give images \[3, height, width, 3\] for 3 codes, got \[3, \d+\]/,
  ],
  ["too few pictures", generating((x) => tf.slice(x, 0, 1)), regressor, /images \[3, height, width, 3\] for 3 codes, got \[1, /],
  ["a promise of pictures", generating(async (x) => x), regressor, /a tensor and no promise/],
  ["no pictures", generating(() => undefined), regressor, /got undefined/],
  ["numbers in place of pictures", generating(() => [1, 2]), regressor, /synthesize\(w\) to be images/],
  ["a promise of logits", generator, predicting(async (x) => x), /an array of \d tensors, one an attribute, got/],
  ["too few logits", generator, predicting((x) => x.slice(1)), /an array of \d tensors, one an attribute, got \d/],
  ["logits of another batch", generator, predicting((x) => x.map((y) => tf.slice(y, 0, 2))), /to be \[3, \d\], got \[2, \d\]/],
  ["undefined among the logits", generator, predicting((x) => [undefined, ...x.slice(1)]), /got undefined/],
];

describe.each(models)("a model with %s", (_what, generator, regressor, message) => {
  it("is refused by every method, and leaves nothing behind", async () => {
    const model = tfjsModel({ generator, regressor });
    const w = tf.zeros([3, D]);
    const original = regressor.attributes.map(({ classes }) => tf.zeros([3, classes]) as tf.Tensor2D);
    const loss: LossRequest = { attributeIndex: 0, target: 1, originalLogits: original, temperature: 4, preservationWeight: 1 };
    const before = tf.memory().numTensors;
    for (const attempt of [() => model.logits(w), () => model.lossAndGradient(w, loss)]) {
      const error = await attempt().catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(LatentEditError);
      expect((error as Error).message).toMatch(message);
    }
    // Only what comes of the pictures can be wrong with a picture.
    const pictures = await model.synthesize(w).catch((thrown: unknown) => thrown);
    if (pictures instanceof tf.Tensor) pictures.dispose();
    else expect(pictures).toBeInstanceOf(LatentEditError);
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([w, original]);
  });
});

it("features are one row a picture; a judge without any is refused", async () => {
  const answering = (features: () => unknown) => ({ ...regressor, features: features as () => tf.Tensor2D });
  const w = tf.zeros([3, D]);
  const before = tf.memory().numTensors;
  expect(tfjsModel({ generator, regressor }).features).toBeUndefined();
  for (const [answer, message] of [
    [() => tf.zeros([2, 4]), /features\(images\) to be \[3, features\], got \[2, 4\]/],
    [() => tf.zeros([3, 4, 1]), /got \[3, 4, 1\]/],
    [() => undefined, /got undefined/],
  ] as const) {
    const model = tfjsModel({ generator, regressor, judge: answering(answer) });
    await expect(model.features!(w)).rejects.toThrow(message);
    await expect(tfjsModel({ generator, regressor: answering(answer) }).features!(w)).rejects.toThrow(message);
  }
  const features = await tfjsModel({ generator, regressor, judge: answering(() => tf.ones([3, 4])) }).features!(w);
  expect(features.shape).toEqual([3, 4]);
  features.dispose();
  expect(tf.memory().numTensors).toBe(before);
  const plain = { attributes: regressor.attributes, logits: regressor.logits };
  expect(() => tfjsModel({ generator, regressor, judge: plain })).toThrow("expected a judge with features(images)");
  w.dispose();
});

it("a custom loss gives one number", async () => {
  const model = tfjsModel({ generator, regressor });
  const w = tf.zeros([3, D]);
  const before = tf.memory().numTensors;
  for (const [loss, message] of [
    [() => undefined, "expected the custom loss to be a scalar tensor, got undefined"],
    [(logits: tf.Tensor[]) => logits[0], "take its mean or sum"],
    [async (logits: tf.Tensor[]) => tf.mean(logits[0]!), "expected the custom loss to be a scalar tensor"],
  ] as const) {
    const attempt = model.lossAndGradient(w, loss as never);
    await expect(attempt).rejects.toThrow(LatentEditError);
    await expect(attempt).rejects.toThrow(message);
  }
  expect(tf.memory().numTensors).toBe(before);
  w.dispose();
});

it.each<[string, (own: tf.Tensor2D) => unknown, RegExp]>([
  ["one column", (own) => tf.slice(own, [0, 0], [-1, 1]), /embed\(images\) to be \[3, 7\], got \[3, 1\]/],
  ["one row for all", (own) => tf.slice(own, [0, 0], [1, -1]), /embed\(images\) to be \[3, 7\], got \[1, 7\]/],
  ["nothing", () => undefined, /embed\(images\) to be \[3, 7\], got undefined/],
])("an embedder that answers with %s", async (_, answer, message) => {
  const model = tfjsModel({ generator, regressor, embedder: { embed: (images) => answer(embedder.embed(images)) as never } });
  const w = tf.zeros([3, D]);
  const originalEmbeddings = tf.ones([3, 7]) as tf.Tensor2D;
  const loss = { attributeIndex: 0, target: 1, originalLogits: [], temperature: 4, preservationWeight: 1, originalEmbeddings };
  const before = tf.memory().numTensors;
  await expect(model.lossAndGradient(w, loss)).rejects.toThrow(LatentEditError);
  await expect(model.lossAndGradient(w, loss)).rejects.toThrow(message);
  expect(tf.memory().numTensors).toBe(before);
  tf.dispose([w, originalEmbeddings]);
});
