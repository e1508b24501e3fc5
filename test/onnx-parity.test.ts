import { useBackend } from "@latentflow/backend";
import "@latentflow/backend/gradients";
import type { CustomLoss, Embedder, LossRequest } from "@latentflow/core";
import { tfjsModel } from "@latentflow/latent-edit";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { floats, GraphBuilder, type OnnxAttributeModel, OnnxError, onnxModel } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { regressorBytes } from "./onnx-regressor.js";

/** The two engines behind AttributeModel: the same networks on tfjs and as an ONNX graph with its gradient inside. */

const N = 3;
/** Mean colours, normalised: a small embedder. */
const embedder: Embedder = {
  embed: (images) =>
    tf.tidy(() => {
      const mean = tf.mean<tf.Tensor2D>(images, [1, 2]);
      return tf.div(mean, tf.norm(mean, 2, 1, true)) as tf.Tensor2D;
    }),
};

function embedderGraph() {
  const graph = new GraphBuilder();
  const images = graph.input("images", ["n", 64, 64, 3]);
  const mean = graph.reduce("ReduceMean", images, [1, 2], false);
  const length = graph.op("ReduceL2", [mean, graph.ints([1])], { keepdims: { int: 1 } });
  graph.output("embedding", graph.op("Div", [mean, length]), ["n", 3]);
  return graph.build();
}

let generator: StyleGan2Generator;
let regressor: FactorRegressor;
let reference: ReturnType<typeof tfjsModel>;
let model: OnnxAttributeModel;
let w: tf.Tensor2D;
const truncation = { psi: 0.7, meanLatent: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)) };

beforeAll(async () => {
  await useBackend("wasm");
  generator = StyleGan2Generator.random(
    { channels: [16, 16, 16, 16, 8], latentDim: 32, zDim: 32, mappingLayers: 2 },
    { seed: 3 },
  );
  regressor = await FactorRegressor.fromSafetensors(regressorBytes());
  reference = tfjsModel({ generator, regressor, truncation, embedder });
  model = await onnxModel({ generator, regressor, truncation, embedder: embedderGraph(), threads: 1 });
  w = generator.sample(N, { seed: 5 });
});

afterAll(() => {
  model.dispose();
  for (const item of [generator, regressor, w]) item.dispose();
});

async function expectEqual(actual: tf.Tensor, expected: tf.Tensor): Promise<void> {
  expect(actual.shape).toEqual(expected.shape);
  const [a, b] = [Array.from(await actual.data()), Array.from(await expected.data())];
  const scale = Math.max(...b.map(Math.abs));
  const worst = a.reduce((max, x, i) => Math.max(max, Math.abs(x - b[i]!)), 0);
  expect(worst / scale).toBeLessThan(1e-3);
}

async function expectSameLoss(code: tf.Tensor, loss: LossRequest | CustomLoss): Promise<void> {
  const [ours, theirs] = [await model.lossAndGradient(code, loss), await reference.lossAndGradient(code, loss)];
  expect(Math.abs(ours.attributeLoss - theirs.attributeLoss)).toBeLessThan(1e-3 * Math.abs(theirs.attributeLoss));
  expect(Math.abs(ours.preservationLoss - theirs.preservationLoss)).toBeLessThanOrEqual(
    1e-3 * Math.abs(theirs.preservationLoss) + 1e-7,
  );
  for (const [k, logits] of ours.logits.entries()) await expectEqual(logits, theirs.logits[k]!);
  await expectEqual(ours.gradient, theirs.gradient);
  for (const tensor of [ours.gradient, theirs.gradient, ...ours.logits, ...theirs.logits]) tensor.dispose();
}

async function request(code: tf.Tensor, extra: Partial<LossRequest> = {}): Promise<LossRequest> {
  const start = tf.tidy(() => tf.mul(code, 0.5));
  const originalLogits = await reference.logits(start);
  start.dispose();
  return { attributeIndex: 1, target: 5, originalLogits, temperature: 4, preservationWeight: 1, ...extra };
}

describe("onnxModel equals tfjsModel", () => {
  it("knows the same sizes and attributes", () => {
    expect([model.latentDim, model.rowCount]).toEqual([32, 10]);
    expect(model.attributes).toEqual(reference.attributes);
  });

  it("images and logits, for batches of any size", async () => {
    for (const count of [1, N]) {
      const codes = tf.slice(w, 0, count);
      const [a, b] = [await model.synthesize(codes), await reference.synthesize(codes)];
      await expectEqual(a, b);
      const [c, d] = [await model.logits(codes), await reference.logits(codes)];
      for (const [k, logits] of c.entries()) await expectEqual(logits, d[k]!);
      for (const tensor of [a, b, codes, ...c, ...d]) tensor.dispose();
    }
  });

  it("the paper's loss and its gradient, in W and W+", async () => {
    const loss = await request(w, { preservationWeight: 0.7 });
    await expectSameLoss(w, loss);
    await expectSameLoss(w, { ...loss, attributeIndex: 2, target: [0, 1, 1] });
    const plus = tf.tidy(() => tf.add(tf.reshape(w, [N, 1, 32]), tf.randomNormal([N, 10, 32], 0, 0.1, "float32", 1)));
    await expectSameLoss(plus, loss);
    for (const tensor of [plus, ...loss.originalLogits]) tensor.dispose();
  });

  it.each<[string, Partial<LossRequest>]>([
    ["one temperature on both sides", { temperature: 2, preservation: { originalTemperature: 2 } }],
    ["terms over ln C", { preservation: { attributeWeights: [6, 6, 2, 3].map((c) => 1 / Math.log(c)), temperature: 3 } }],
    ["squared Hellinger distances", { preservation: { divergence: "hellinger", temperature: 2, originalTemperature: 2 } }],
    [
      "squared Hellinger distances, weighed, of another attribute",
      { attributeIndex: 2, target: 1, preservation: { divergence: "hellinger", attributeWeights: [1, 0.2, 3, 0] } },
    ],
    ["codes that count differently", { codeWeights: [0, 2.5, 0.5] }],
    ["the same with a bounded term", { codeWeights: [0, 2.5, 0.5], preservation: { divergence: "hellinger" } }],
  ])("a loss beside the paper's and its gradient: %s", async (_, extra) => {
    const loss = await request(w, { preservationWeight: 5, ...extra });
    await expectSameLoss(w, loss);
    tf.dispose([...loss.originalLogits]);
  });

  it("what is left out of a request is the paper's, to the bit", async () => {
    const loss = await request(w);
    const written: LossRequest = {
      ...loss,
      preservation: { divergence: "kl", temperature: 4, originalTemperature: 1, attributeWeights: Array(4).fill(1) },
      codeWeights: Array(N).fill(1),
    };
    const [plain, same] = [await model.lossAndGradient(w, loss), await model.lossAndGradient(w, written)];
    expect([same.attributeLoss, same.preservationLoss]).toEqual([plain.attributeLoss, plain.preservationLoss]);
    expect(await same.gradient.data()).toEqual(await plain.gradient.data());
    tf.dispose([plain.gradient, same.gradient, ...plain.logits, ...same.logits, ...loss.originalLogits]);
  });

  it("the identity term (equation 9)", async () => {
    const images = await reference.synthesize(tf.zeros([N, 32]));
    const originalEmbeddings = embedder.embed(images);
    const loss = await request(w, { originalEmbeddings, preservationWeight: 2 });
    await expectSameLoss(w, loss);
    for (const tensor of [images, originalEmbeddings, ...loss.originalLogits]) tensor.dispose();
  });

  it("a loss of one's own, of logits and images or of one of them", async () => {
    await expectSameLoss(w, (logits, images) => tf.add(tf.mean(tf.square(logits[3]!)), tf.mean(tf.abs(images))) as tf.Scalar);
    await expectSameLoss(w, (logits) => tf.sum(tf.square(logits[0]!)) as tf.Scalar);
  });

  it("leaks no tensor", async () => {
    const loss = await request(w);
    const custom: CustomLoss = (logits) => tf.sum(logits[0]!) as tf.Scalar;
    const before = tf.memory().numTensors;
    for (const item of [loss, custom]) {
      const result = await model.lossAndGradient(w, item);
      tf.dispose([result.gradient, ...result.logits]);
    }
    tf.dispose(await model.logits(w));
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([...loss.originalLogits]);
  });

  it("says what is wrong with codes and requests", async () => {
    const loss = await request(w);
    await expect(model.logits(tf.zeros([2, 31]))).rejects.toThrow(/\[n, 32\] or \[n, 10, 32\], got \[2, 31\]/);
    await expect(model.lossAndGradient(w, { ...loss, attributeIndex: 9 })).rejects.toThrow(OnnxError);
    await expect(model.lossAndGradient(w, { ...loss, target: 6 })).rejects.toThrow(/target class in 0…5/);
    await expect(model.lossAndGradient(w, { ...loss, originalLogits: [] })).rejects.toThrow(/originalLogits/);
    const wrong = (extra: unknown) => model.lossAndGradient(w, { ...loss, ...(extra as Partial<LossRequest>) });
    await expect(wrong({ preservation: { divergence: "l2" } })).rejects.toThrow(/one of kl, hellinger/);
    await expect(wrong({ preservation: { attributeWeights: [1] } })).rejects.toThrow(/attributeWeights to be 4/);
    await expect(wrong({ codeWeights: [1, 2] })).rejects.toThrow(/codeWeights to be 3 finite numbers/);
    await expect(onnxModel({ generator, regressor, thread: 1 } as never)).rejects.toThrow(/threads/);
    const noImages = new GraphBuilder();
    noImages.output("y", noImages.op("Tanh", [noImages.input("w", ["n", 4])]), ["n", 4]);
    await expect(onnxModel({ generator: noImages.build(), regressor })).rejects.toThrow(/output \[n, 3, height, width\]/);
    tf.dispose([...loss.originalLogits]);
  });

  it("refuses a regressor for images of another size than the generator's", async () => {
    const small = StyleGan2Generator.random({ channels: [8, 8, 8, 8], latentDim: 32, zDim: 32, mappingLayers: 2 }, { seed: 3 });
    await expect(onnxModel({ generator: small, regressor })).rejects.toThrow(
      /images that the regressor takes, \[n, 3, 64, 64\], got \[n, 3, 32, 32\] from the generator/,
    );
    small.dispose();
  });

  it("shares the session of equal content, and takes one output for all classes", async () => {
    const again = await onnxModel({ generator, regressor, truncation, embedder: embedderGraph(), threads: 1 });
    expect(await again.creationTime()).toBe(0);
    again.dispose();
    await expect(again.logits(w)).rejects.toThrow(/disposed/);
    const graph = new GraphBuilder();
    const images = graph.input("images", ["n", 3, 64, 64]);
    const pooled = graph.reshape(graph.reduce("ReduceMean", images, [2, 3], false), [-1, 3]);
    graph.output("scores", graph.op("MatMul", [pooled, graph.constant(floats([3, 5], Array.from({ length: 15 }, Math.cos)))]), [
      "n",
      5,
    ]);
    const attributes = [
      { name: "colour", classes: 2 },
      { name: "shape", classes: 3 },
    ];
    const other = await onnxModel({ generator, regressor: graph.build(), attributes, threads: 1 });
    const logits = await other.logits(w);
    expect(logits.map(({ shape }) => shape)).toEqual([
      [N, 2],
      [N, 3],
    ]);
    tf.dispose(logits);
    other.dispose();
  });
});
