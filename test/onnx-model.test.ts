import { useBackend } from "@latentflow/backend";
import {
  type DataType,
  type Dim,
  floats,
  GraphBuilder,
  OnnxError,
  type OnnxModel,
  onnxModel,
  raiseOpset,
} from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

/** Small networks whose parts do not fit. */

const waves = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1));

/** w [n, 4] → images [n, 3, side, side]. */
function generator(side: number, { batch = "n" as Dim, type = "float32" as DataType } = {}): OnnxModel {
  const graph = new GraphBuilder();
  const w = graph.input("w", [batch, 4], type);
  const weight = graph.constant(floats([4, 3 * side * side], waves(12 * side * side)));
  const real = type === "float32" ? w : graph.op("Cast", [w], { to: { int: 1 } });
  const flat = graph.op("Tanh", [graph.op("MatMul", [real, weight])]);
  const images = graph.reshape(flat, [typeof batch === "number" ? batch : -1, 3, side, side]);
  const out = type === "float32" ? images : graph.op("Cast", [images], { to: { int: 10 } });
  graph.output("images", out, [batch, 3, side, side], type);
  return graph.build();
}

/** Images → two classes for each name, by a flattening that takes images of any size, or by global pooling. */
function regressor(
  dims: readonly Dim[],
  { names = ["smile"], pooled = false, hidden = false, type = "float32" as DataType } = {},
) {
  const graph = new GraphBuilder();
  const images = graph.input("images", dims, type);
  const real = type === "float32" ? images : graph.op("Cast", [images], { to: { int: 1 } });
  // An op that shape inference does not know.
  const seen = hidden ? graph.op("LpPool", [real], { kernel_shape: { ints: [1, 1] } }) : real;
  const features = pooled ? 3 : 48;
  const flat = pooled
    ? graph.op("Flatten", [graph.op("GlobalAveragePool", [seen])], { axis: { int: 1 } })
    : graph.reshape(seen, [-1, features]);
  names.forEach((name, k) => {
    const weight = graph.constant(
      floats(
        [features, 2],
        waves(2 * features).map((x) => x * (k + 1)),
      ),
    );
    const logits = graph.op("MatMul", [flat, weight]);
    graph.output(name, type === "float32" ? logits : graph.op("Cast", [logits], { to: { int: 10 } }), ["n", 2], type);
  });
  return graph.build();
}

const build = (parts: Parameters<typeof onnxModel>[0]) => onnxModel({ threads: 1, ...parts });
const codes = (n: number) => tf.tensor2d(waves(4 * n), [n, 4]);

beforeAll(() => useBackend("cpu"));

describe("images of another size than the regressor's are refused when the model is made", () => {
  it.each([
    ["flattened", regressor(["n", 3, 4, 4])],
    ["pooled over all pixels", regressor(["n", 3, 4, 4], { pooled: true })],
    ["of free size, flattened with the batch", regressor(["n", 3, "height", "width"])],
  ])("%s", async (_, reader) => {
    const fits = await build({ generator: generator(4), regressor: reader });
    const w = codes(3);
    const logits = await fits.logits(w);
    expect(logits.map(({ shape }) => shape)).toEqual([[3, 2]]);
    fits.dispose();
    tf.dispose([w, ...logits]);
    await expect(build({ generator: generator(8), regressor: reader })).rejects.toThrow(
      /onnxModel: expected .*(\[n, 3, 4, 4\], got \[n, 3, 8, 8\] from the generator; resize within|one row of classes an image, \[n, classes\], got \[4n, 2\])/,
    );
  });

  it("or, where its shapes are not known, when it answers", async () => {
    const model = await build({ generator: generator(8), regressor: regressor(["n", 3, "h", "w"], { hidden: true }) });
    const w = codes(3);
    const before = tf.memory().numTensors;
    await expect(model.logits(w)).rejects.toThrow(/logits of "smile" \[3, 2\] from the graph, got float32 \[12, 2\]/);
    await expect(model.lossAndGradient(w, ([logits]) => tf.sum(logits!) as tf.Scalar)).rejects.toThrow(OnnxError);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
    w.dispose();
  });

  it("of free size and pooled, it takes any", async () => {
    const model = await build({ generator: generator(8), regressor: regressor(["n", 3, "h", "w"], { pooled: true }) });
    model.dispose();
  });

  it("also the embedder's", async () => {
    const embedder = regressor(["n", 3, 2, 2], { pooled: true, names: ["embedding"] });
    const reader = regressor(["n", 3, 4, 4]);
    await expect(build({ generator: generator(4), regressor: reader, embedder })).rejects.toThrow(/that the embedder takes/);
  });
});

describe("the names of attributes", () => {
  const reader = regressor(["n", 3, 4, 4], { names: ["a", "b", "c"] });
  const attributesOf = (...names: string[]) => names.map((name) => ({ name, classes: 2 }));
  const withNames = (...names: string[]) =>
    build({ generator: generator(4), regressor: reader, attributes: attributesOf(...names) });

  it("are the outputs', or new ones", async () => {
    for (const names of [
      ["a", "b", "c"],
      ["smile", "glasses", "hat"],
      ["a", "b", "hat"],
    ]) {
      const model = await withNames(...names);
      expect(model.attributes.map(({ name }) => name)).toEqual(names);
      model.dispose();
    }
  });

  it.each([
    ["b", "a", "c"],
    ["hat", "a", "c"],
    ["a", "a", "c"],
    ["a", "b"],
    ["a", "b", "c", "d"],
  ])("%s, %s, …: in another order, twice or of another count they are refused", async (...names) => {
    await expect(withNames(...names)).rejects.toThrow(/onnxModel: expected .*(in the order of|different names|one output)/);
  });

  it.each([
    [
      ["A", "B", "C"],
      ["b", "a", "c"],
    ],
    [
      ["logits_a", "logits_b", "logits_c"],
      ["a", "c", "b"],
    ],
    [
      ["hair-colour/logits", "Age/logits"],
      ["age", "hair colour"],
    ],
  ])("%j: outputs that say the same in other words are in order, too", async (names, swapped) => {
    const said = regressor(["n", 3, 4, 4], { names });
    const make = (...attributes: string[]) =>
      build({ generator: generator(4), regressor: said, attributes: attributesOf(...attributes) });
    await expect(make(...swapped)).rejects.toThrow("in the order of the regressor's outputs");
    const inOrder = names.map((name) => name.toLowerCase().replace(/logits_|\/logits/, ""));
    (await make(...inOrder)).dispose();
    (await make(...names.map((_, k) => `own ${k}`))).dispose();
  });

  it("must be in the order of a regressor of ours, which knows its own", async () => {
    const own = { attributes: attributesOf("x", "y", "z"), toOnnx: () => reader };
    await expect(build({ generator: generator(4), regressor: own, attributes: attributesOf("y", "x", "z") })).rejects.toThrow(
      /in the order of the regressor's outputs, x, y, z, got y, x, z/,
    );
  });
});

it("half-precision networks answer in float32", async () => {
  const parts = (type: DataType) => ({ generator: generator(4, { type }), regressor: regressor(["n", 3, 4, 4], { type }) });
  const w = codes(2);
  const [half, full] = [await build(parts("float16")), await build(parts("float32"))];
  const loss = ([logits]: tf.Tensor2D[]) => tf.sum(tf.square(logits!)) as tf.Scalar;
  const [a, b] = [await half.lossAndGradient(w, loss), await full.lossAndGradient(w, loss)];
  const [x, y] = [await a.gradient.data(), await b.gradient.data()];
  const scale = Math.max(...y.map(Math.abs));
  x.forEach((value, i) => {
    expect(Math.abs(value - y[i]!)).toBeLessThan(1e-2 * scale);
  });
  const images = await half.synthesize(w);
  expect(images.shape).toEqual([2, 4, 4, 3]);
  expect((await images.data()).every((value) => Math.abs(value) <= 1)).toBe(true);
  for (const model of [half, full]) model.dispose();
  tf.dispose([w, images, a.gradient, b.gradient, ...a.logits, ...b.logits]);
});

it("a generator that was exported for two codes takes two", async () => {
  const model = await build({
    generator: generator(4, { batch: 2 }),
    regressor: regressor(["n", 3, 4, 4], { names: ["a", "b"] }),
  });
  const [two, three] = [codes(2), codes(3)];
  const originalLogits = await model.logits(two);
  const request = { attributeIndex: 0, target: 1, originalLogits, temperature: 4, preservationWeight: 1 };
  const { gradient, logits } = await model.lossAndGradient(two, request);
  expect(gradient.shape).toEqual([2, 4]);
  await expect(model.logits(three)).rejects.toThrow(/expected 2 codes, for which the generator was exported, got 3/);
  model.dispose();
  tf.dispose([two, three, gradient, ...logits, ...originalLogits]);
  const fixed = regressor([2, 3, 4, 4]);
  await expect(build({ generator: generator(4), regressor: fixed })).rejects.toThrow(
    /dynamic_axes, so that its first dimension is free/,
  );
});

it("takes networks of different operator sets", async () => {
  const model = await build({ generator: generator(4), regressor: raiseOpset(regressor(["n", 3, 4, 4]), 25) });
  model.dispose();
});

describe("a batch that takes more memory than it may runs in parts", () => {
  const n = 7;
  const size = 16;
  const names = ["smile", "hat"];
  /** Rows of length 1. */
  const embedder = () => {
    const graph = new GraphBuilder();
    const flat = graph.reshape(graph.input("images", ["n", 3, size, size]), [-1, 3 * size * size]);
    const weight = graph.constant(floats([3 * size * size, 5], waves(15 * size * size)));
    const raw = graph.op("MatMul", [flat, weight]);
    const norm = graph.op("Sqrt", [graph.reduceSum(graph.op("Mul", [raw, raw]), [1], true)]);
    graph.output("embedding", graph.op("Div", [raw, norm]), ["n", 5]);
    return graph.build();
  };
  const networks = { regressor: regressor(["n", 3, size, size], { pooled: true, names }), embedder: embedder() };
  const original = () =>
    names.map((_, k) =>
      tf.tensor2d(
        waves(2 * n).map((x) => x * (k + 1)),
        [n, 2],
      ),
    );
  const base = { attributeIndex: 0, target: [0, 1, 1, 0, 1, 0, 1], temperature: 2, preservationWeight: 0.7 };
  const codeWeights = Array.from({ length: n }, (_, i) => i + 1);

  it.each<[string, () => Parameters<Awaited<ReturnType<typeof build>>["lossAndGradient"]>[1]]>([
    ["equation 5", () => ({ ...base, originalLogits: original(), codeWeights })],
    ["a bounded distance", () => ({ ...base, originalLogits: original(), preservation: { divergence: "hellinger" } })],
    [
      "equation 9",
      () => ({
        ...base,
        originalLogits: [],
        originalEmbeddings: tf.tidy(() => tf.div(tf.ones([n, 5]), Math.sqrt(5)) as tf.Tensor2D),
      }),
    ],
    [
      "a loss of one's own",
      () =>
        ([logits], images) =>
          tf.add(tf.sum(tf.square(logits!)), tf.mean(tf.square(images))) as tf.Scalar,
    ],
  ])("%s: the same loss, gradient, logits and images", async (_, loss) => {
    const w = codes(n);
    const request = loss();
    const answers: number[][] = [];
    for (const batchMemory of [1, 60_000, 1e9]) {
      const model = await build({ generator: generator(size), ...networks, batchMemory });
      const { gradient, logits, attributeLoss, preservationLoss } = await model.lossAndGradient(w, request);
      const [images, again] = [await model.synthesize(w), await model.logits(w)];
      const tensors = [gradient, ...logits, ...again, images];
      answers.push([attributeLoss, preservationLoss, ...tensors.flatMap((tensor) => [...tensor.dataSync()])]);
      tf.dispose(tensors);
      model.dispose();
    }
    const [single, several, whole] = answers as [number[], number[], number[]];
    expect(whole.length).toBe(2 + 4 * n + 8 * n + 3 * size * size * n);
    for (const parts of [single, several]) {
      const worst = parts.reduce((max, value, i) => Math.max(max, Math.abs(value - whole[i]!) / (1 + Math.abs(whole[i]!))), 0);
      expect(parts.length).toBe(whole.length);
      expect(worst).toBeLessThan(1e-5);
    }
    w.dispose();
  });
});
