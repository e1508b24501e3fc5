import { useBackend } from "@latentflow/backend";
import type { LossRequest } from "@latentflow/core";
import { floats, GraphBuilder, type OnnxAttributeModel, OnnxError, onnxModel } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

/** `onnxModel` and its methods with arguments that are missing, of another kind, or disposed. */

const wrong = (value: unknown) => value as never;

describe("models", () => {
  let attributeModel: OnnxAttributeModel;
  let w: tf.Tensor2D;
  let request: LossRequest;

  /** w [n, 4] → images [n, 3, 2, 2], and two attributes from the mean colour. */
  function parts() {
    const generator = new GraphBuilder();
    const code = generator.input("w", ["n", 4]);
    const weight = generator.constant(
      floats(
        [4, 12],
        Array.from({ length: 48 }, (_, i) => Math.sin(i)),
      ),
    );
    generator.output("images", generator.reshape(generator.op("MatMul", [code, weight]), [-1, 3, 2, 2]), ["n", 3, 2, 2]);
    const regressor = new GraphBuilder();
    const images = regressor.input("images", ["n", 3, 2, 2]);
    const mean = regressor.reduce("ReduceMean", images, [2, 3], false);
    for (const [k, name] of ["a", "b"].entries()) regressor.output(name, regressor.slice(mean, 1, k, k + 2), ["n", 2]);
    return { generator: generator.build(), regressor: regressor.build(), threads: 1 };
  }

  /** A network that gives the mean colour as features [n, 3], times a factor, beside one answer of all classes. */
  function withFeatures(factor: number, name = "features") {
    const graph = new GraphBuilder();
    const images = graph.input("images", ["n", 3, 2, 2]);
    const mean = graph.op("Mul", [graph.reduce("ReduceMean", images, [2, 3], false), graph.float(factor)]);
    graph.output(name, mean, ["n", 3]);
    graph.output("classes", graph.slice(mean, 1, 0, 2), ["n", 2]);
    return graph.build();
  }

  beforeAll(async () => {
    await useBackend("cpu");
    attributeModel = await onnxModel(parts());
    w = tf.tensor2d([1, 2, 3, 4], [1, 4]);
    const originalLogits = await attributeModel.logits(w);
    request = { attributeIndex: 0, target: 1, originalLogits, temperature: 4, preservationWeight: 1 };
  });
  afterAll(() => {
    attributeModel.dispose();
    tf.dispose([w, ...request.originalLogits]);
  });

  it('give an output "features" of the judge, of the regressor without one, of neither: never as an attribute', async () => {
    const [plain, own, judged] = [
      await onnxModel(parts()),
      await onnxModel({ ...parts(), regressor: withFeatures(1) }),
      await onnxModel({ ...parts(), judge: withFeatures(2) }),
    ];
    expect(plain.features).toBeUndefined();
    expect(own.attributes).toEqual([{ name: "classes", classes: 2 }]);
    const before = tf.memory().numTensors;
    const [once, twice, logits] = [await own.features!(w), await judged.features!(w), await own.logits(w)];
    const values = await once.data();
    expect(Array.from(await twice.data(), (x) => x / 2)).toEqual(Array.from(values));
    expect(await logits[0]!.data()).toEqual(values.slice(0, 2));
    tf.dispose([once, twice, ...logits]);
    expect(tf.memory().numTensors).toBe(before);
    for (const model of [plain, own, judged]) model.dispose();
    await expect(own.features!(w)).rejects.toThrow("features: expected a model in use");
    await expect(onnxModel({ ...parts(), judge: withFeatures(1, "other") })).rejects.toThrow(
      'expected the judge to have an output "features" [n, f], got other, classes',
    );
  });

  it.each<[string, () => Promise<unknown>, RegExp]>([
    ["without options", () => onnxModel(wrong(undefined)), /the generator to be a graph, bytes or a network.*got undefined/],
    ["without a regressor", () => onnxModel({ ...parts(), regressor: wrong(undefined) }), /the regressor to be a graph, bytes/],
    [
      "with toOnnx that is none",
      () => onnxModel({ ...parts(), generator: wrong({ toOnnx: 3 }) }),
      /toOnnx to be a function, got 3/,
    ],
    [
      "without a mean latent",
      () => onnxModel({ ...parts(), truncation: wrong({ psi: 0.7 }) }),
      /meanLatent to be finite numbers/,
    ],
    [
      "with a number as truncation",
      () => onnxModel({ ...parts(), truncation: wrong(0.7) }),
      /expected an options object, got 0\.7/,
    ],
    [
      "without ψ",
      () => onnxModel({ ...parts(), truncation: wrong({ meanLatent: [0, 0, 0, 0] }) }),
      /truncation\.psi to be a finite number/,
    ],
    [
      "with a mean latent of NaN",
      () => onnxModel({ ...parts(), truncation: { psi: 1, meanLatent: [0, Number.NaN, 0, 0] } }),
      /finite numbers/,
    ],
    [
      "with another mean latent",
      () => onnxModel({ ...parts(), truncation: { psi: 1, meanLatent: [0, 0] } }),
      /a mean latent of 4 numbers, got 2/,
    ],
    [
      "with attributes that are none",
      () => onnxModel({ ...parts(), attributes: wrong(["a", "b"]) }),
      /a list of \{ name, classes \}/,
    ],
    [
      "with one class",
      () =>
        onnxModel({
          ...parts(),
          attributes: [
            { name: "a", classes: 1 },
            { name: "b", classes: 2 },
          ],
        }),
      /at least 2 classes/,
    ],
    ["with winograd that is none", () => onnxModel({ ...parts(), winograd: wrong(1) }), /winograd to be true or false, got 1/],
    [
      "images of nothing",
      () => attributeModel.synthesize(wrong(undefined)),
      /synthesize: expected w to be a tensor in use, got undefined/,
    ],
    [
      "logits of numbers",
      () => attributeModel.logits(wrong([1, 2, 3, 4])),
      /logits: expected w to be a tensor in use, got an array/,
    ],
    ["no codes", () => attributeModel.logits(tf.zeros([0, 4])), /expected w \[n, 4\], got \[0, 4\]/],
    [
      "no loss",
      () => attributeModel.lossAndGradient(w, wrong(undefined)),
      /expected a loss, a request or a function, got undefined/,
    ],
    [
      "no attribute",
      () => attributeModel.lossAndGradient(w, wrong({ ...request, attributeIndex: undefined })),
      /attributeIndex to be in 0…1, got undefined/,
    ],
    ["no target", () => attributeModel.lossAndGradient(w, wrong({ ...request, target: undefined })), /a target class in 0…1/],
    [
      "no temperature",
      () => attributeModel.lossAndGradient(w, { ...request, temperature: 0 }),
      /temperature to be a finite number > 0, got 0/,
    ],
    [
      "no preservation",
      () => attributeModel.lossAndGradient(w, wrong({ ...request, preservationWeight: undefined })),
      /preservationWeight to be a finite number/,
    ],
    [
      "no logits",
      () => attributeModel.lossAndGradient(w, wrong({ ...request, originalLogits: undefined })),
      /originalLogits .*got undefined/,
    ],
    ["no embedder", () => attributeModel.lossAndGradient(w, { ...request, originalEmbeddings: w }), /a model with an embedder/],
    [
      "a loss without a value",
      () =>
        attributeModel.lossAndGradient(
          w,
          wrong(() => undefined),
        ),
      /the loss to give a scalar tensor, got undefined/,
    ],
    [
      "a loss that is no scalar",
      () =>
        attributeModel.lossAndGradient(
          w,
          wrong(([a]: tf.Tensor[]) => a),
        ),
      /a scalar tensor, got a tensor of shape \[1, 2\]/,
    ],
    [
      "a constant loss",
      () => attributeModel.lossAndGradient(w, () => tf.scalar(1)),
      /a loss that depends on the logits or the images/,
    ],
  ])("%s", async (_, call, message) => {
    const before = tf.memory().numTensors;
    await expect(call()).rejects.toThrow(OnnxError);
    await expect(call()).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBeLessThanOrEqual(before + 2);
  });

  it("with disposed tensors, and after they were disposed", async () => {
    const gone = tf.tensor2d([1, 2, 3, 4], [1, 4]);
    gone.dispose();
    const before = tf.memory().numTensors;
    await expect(attributeModel.logits(gone)).rejects.toThrow(/a tensor in use, got a disposed tensor of shape \[1, 4\]/);
    const logits = request.originalLogits.map((item) => tf.clone(item));
    tf.dispose(logits);
    const loss = { ...request, originalLogits: logits };
    await expect(attributeModel.lossAndGradient(w, loss)).rejects.toThrow(
      /originalLogits\[1\] to be a tensor in use, got a disposed tensor/,
    );
    await expect(onnxModel({ ...parts(), truncation: { psi: 1, meanLatent: wrong(gone) } })).rejects.toThrow(
      /meanLatent.*disposed tensor/,
    );
    const failing = () => {
      throw new RangeError("my own");
    };
    await expect(attributeModel.lossAndGradient(w, failing)).rejects.toThrow(new RangeError("my own"));
    const other = await onnxModel(parts());
    other.dispose();
    other.dispose();
    for (const call of [
      () => other.synthesize(w),
      () => other.logits(w),
      () => other.lossAndGradient(w, request),
      () => other.lossAndGradient(w, ([a]) => tf.sum(a!) as tf.Scalar),
      () => other.endProfiling(),
      () => other.start(),
    ])
      await expect(call()).rejects.toThrow(/a model in use, got one that was disposed/);
    expect(tf.memory().numTensors).toBe(before);
  });
});
