import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { useBackend } from "@latentflow/backend";
import { type TensorData, writeNpy, writeSafetensors } from "@latentflow/checkpoints";
import { SeededRandom } from "@latentflow/core";
import { FactorRegressor, type StyleGan2Generator } from "@latentflow/models";
import { floats, GraphBuilder, type OnnxModel, writeOnnx } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadModel, type NetworkFiles } from "../src/index.js";
import { CLASSES, mappingGraph, tinyGenerator, tinyRegressorTensors, wholeGraph } from "./tiny-networks.js";

let folder: string;
let generator: StyleGan2Generator;
let regressor: FactorRegressor;
const file = (name: string) => join(folder, name);

beforeAll(async () => {
  await useBackend("wasm");
  folder = await mkdtemp(join(tmpdir(), "latentflow-files-"));
  generator = tinyGenerator();
  const weights = writeSafetensors(await tinyRegressorTensors(generator));
  regressor = await FactorRegressor.fromSafetensors(weights);
  const graphs: [string, OnnxModel][] = [
    ["g.onnx", generator.toOnnx()],
    ["r.onnx", await regressor.toOnnx()],
    ["mapping.onnx", await mappingGraph(generator)],
    ["whole.onnx", await wholeGraph(generator)],
  ];
  for (const [name, graph] of graphs) await writeFile(file(name), writeOnnx(graph));
  await writeFile(file("g.safetensors"), generator.toSafetensors());
  await writeFile(file("r.safetensors"), weights);
});
afterAll(async () => {
  generator.dispose();
  regressor.dispose();
  await rm(folder, { recursive: true, force: true });
});

const numbers = async (tensor: tf.Tensor) => [...(await tensor.data<"float32">())];

/** Largest difference, as a part of the largest number expected. */
function error(actual: readonly number[], expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1e-3, ...expected.map(Math.abs));
  return Math.max(...expected.map((x, i) => Math.abs(x - actual[i]!))) / scale;
}

/** Mean of rows of 6 numbers. */
function meanOfRows(values: Float32Array): number[] {
  const rows = values.length / 6;
  return Array.from({ length: 6 }, (_, k) => values.reduce((sum, x, i) => sum + (i % 6 === k ? x / rows : 0), 0));
}

/** The logits of codes by the networks themselves. */
async function expected(codes: tf.Tensor2D): Promise<number[][]> {
  const logits = tf.tidy(() => regressor.logits(generator.synthesize(codes)));
  const values = await Promise.all(logits.map(numbers));
  tf.dispose(logits);
  return values;
}

async function logitsOf(files: NetworkFiles, codes: tf.Tensor2D) {
  const model = await loadModel(files);
  const logits = await model.logits(codes);
  const values = await Promise.all(logits.map(numbers));
  tf.dispose(logits);
  const { attributes, engine, parts } = model;
  model.dispose();
  return { values, attributes, engine, notes: parts.notes ?? [] };
}

describe("networks in files of any mix", () => {
  it.each([
    ["g.onnx", "r.onnx"],
    ["g.safetensors", "r.onnx"],
    ["g.onnx", "r.safetensors"],
    ["whole.onnx", "r.onnx"],
  ])("%s with %s reads what the networks read, and frees all", async (g, r) => {
    const codes = generator.sample(5, { seed: 3 });
    const wanted = await expected(codes);
    const before = tf.memory().numTensors;
    const { values, engine } = await logitsOf({ generator: file(g), regressor: file(r) }, codes);
    expect(tf.memory().numTensors).toBe(before);
    expect(engine.name).toBe("onnx");
    for (const [k, row] of values.entries()) expect(error(row, wanted[k]!)).toBeLessThan(1e-4);
    codes.dispose();
  });

  it("needs ONNX Runtime for graphs, and says so", async () => {
    const before = tf.memory().numTensors;
    const loading = loadModel({ generator: file("g.onnx"), regressor: file("r.safetensors") }, { engine: "tfjs" });
    await expect(loading).rejects.toThrow(
      /expected ONNX Runtime for the generator, which is a graph \(\.onnx\).*tfjs was asked for/,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("codes", () => {
  const loaded = async (files: Partial<NetworkFiles>) =>
    loadModel({ generator: file("g.onnx"), regressor: file("r.onnx"), ...files });

  it("are N(0, 1) where the file has no mapping, which is said", async () => {
    const model = await loaded({});
    const codes = await model.sample(500, { seed: 1 });
    const { mean, variance } = tf.moments(codes);
    expect((await mean.data())[0]).toBeCloseTo(0, 1);
    expect((await variance.data())[0]).toBeCloseTo(1, 1);
    expect(model.parts.notes).toEqual(["codes: N(0, 1) of 6 numbers, as g.onnx has no mapping"]);
    tf.dispose([codes, mean, variance]);
    model.dispose();
  });

  it.each<[string, () => Partial<NetworkFiles>, string]>([
    ["a second file", () => ({ mapping: file("mapping.onnx") }), "codes: mapping.onnx"],
    [
      "the mapping inside the graph",
      () => ({ generator: file("whole.onnx") }),
      "codes: the mapping inside whole.onnx, whose codes w",
    ],
    [
      "the mapping inside, w named",
      () => ({ generator: { file: file("whole.onnx"), latent: "Mul_2_y" } }),
      "codes: the mapping inside",
    ],
  ])("come from %s, with the mean for a truncation", async (_, files, note) => {
    const model = await loaded(files());
    const [ours, theirs] = [await model.sample(4, { seed: 8 }), generator.sample(4, { seed: 8 })];
    expect(error(await numbers(ours), await numbers(theirs))).toBeLessThan(1e-4);
    expect(model.parts.notes![0]).toContain(note);
    const mean = generator.estimateMeanLatent();
    expect(error(Array.from(model.parts.meanLatent!), await numbers(mean))).toBeLessThan(1e-3);
    tf.dispose([ours, theirs, mean]);
    model.dispose();
  });

  it("come from a file, each once, in an order of the seed's; a larger number is refused", async () => {
    const rows = new Float32Array(new SeededRandom(2).normals(10 * 6));
    await writeFile(file("w.npy"), writeNpy({ dtype: "float32", shape: [10, 6], data: rows }));
    const model = await loaded({ codes: file("w.npy") });
    const all = await model.sample(10, { seed: 5 });
    const sorted = (values: ArrayLike<number>) => Array.from(values).sort((a, b) => a - b);
    expect(sorted(await numbers(all))).toEqual(sorted(rows));
    const [again, other] = [await model.sample(3, { seed: 5 }), await model.sample(3, { seed: 6 })];
    expect(await numbers(again)).toEqual((await numbers(all)).slice(0, 18));
    expect(await numbers(other)).not.toEqual(await numbers(again));
    await expect(model.sample(11)).rejects.toThrow("expected at most the 10 codes of w.npy, got 11");
    tf.dispose([all, again, other]);
    model.dispose();
  });

  it("of W+ have rows of their own each; truncated towards the mapping's mean", async () => {
    const { rowCount } = generator;
    const codes = new Float32Array(new SeededRandom(2).normals(5 * rowCount * 6));
    await writeFile(file("plus.npy"), writeNpy({ dtype: "float32", shape: [5, rowCount, 6], data: codes }));
    for (const g of ["g.onnx", "g.safetensors"]) {
      const model = await loaded({ generator: file(g), codes: file("plus.npy"), regressor: file("r.safetensors") });
      const w = await model.sample<tf.Tensor3D>(5, { seed: 5 });
      expect(w.shape).toEqual([5, rowCount, 6]);
      const sorted = (values: ArrayLike<number>) => Array.from(values).sort((a, b) => a - b);
      expect(sorted(await numbers(w))).toEqual(sorted(codes));
      expect(model.parts.codes).toMatchObject({ rowCount, about: `plus.npy, 5 codes of W+, ${rowCount} rows each` });
      const logits = await model.logits(w);
      const own = tf.tidy(() => regressor.logits(generator.synthesize(w)));
      for (const [k, values] of logits.entries()) expect(error(await numbers(values), await numbers(own[k]!))).toBeLessThan(1e-4);
      const mean = generator.estimateMeanLatent();
      const wanted = g === "g.onnx" ? meanOfRows(codes) : await numbers(mean);
      expect(error(Array.from(model.parts.meanLatent!), wanted)).toBeLessThan(1e-3);
      tf.dispose([w, mean, ...logits, ...own]);
      model.dispose();
    }
    await writeFile(file("plus.npy"), writeNpy({ dtype: "float32", shape: [5, 3, 6], data: codes.slice(0, 90) }));
    await expect(loaded({ codes: file("plus.npy") })).rejects.toThrow(
      `expected codes [n, 6] in plus.npy, as the generator takes them, got [5, 3, 6]. W+ codes are [n, ${rowCount}, 6].`,
    );
  });

  it("come with labels where the file has the paper's two", async () => {
    const data = new Float32Array(new SeededRandom(2).normals(4 * 6));
    const labels = Float64Array.of(0, 2, 1, 1, 0, 1, 1, 1, 0, 0, 0, 0);
    const all = new Map<string, TensorData>([
      ["ws", { dtype: "float32", shape: [4, 6], data }],
      ["labels", { dtype: "float64", shape: [4, 3], data: labels }],
    ]);
    await writeFile(file("all.safetensors"), writeSafetensors(all));
    const model = await loaded({ codes: file("all.safetensors") });
    const [codes, found] = [await model.parts.sampleCodes(4, 9), await model.parts.codes!.labels!(4, 9)];
    for (let i = 0; i < 4; i++) {
      const row = [0, 1, 2, 3].find((k) => data[k * 6] === codes[i * 6])!;
      expect([...found.subarray(i * 3, i * 3 + 3)]).toEqual([...labels.subarray(row * 3, row * 3 + 3)]);
    }
    model.dispose();
    labels[1] = 3;
    await writeFile(file("wrong.safetensors"), writeSafetensors(all));
    await expect(loaded({ codes: file("wrong.safetensors") })).rejects.toThrow('labels of "attribute_1" in 0…2');
  });
});

describe("heads", () => {
  /** A regressor of pictures whose answer is `width` numbers: means of parts of the pixels. */
  function means(width: number, finish: (graph: GraphBuilder, row: string) => void, side = 16): OnnxModel {
    const graph = new GraphBuilder();
    const images = graph.input("images", ["n", 3, side, side]);
    const weight = new SeededRandom(1).normals(3 * side * side * width, 0, 0.2);
    const flat = graph.reshape(images, [0, 3 * side * side]);
    finish(graph, graph.op("MatMul", [flat, graph.constant(floats([3 * side * side, width], weight), "weight")]));
    return graph.build();
  }
  const read = async (graph: OnnxModel, more: Partial<NetworkFiles> = {}) => {
    await writeFile(file("heads.onnx"), writeOnnx(graph));
    const codes = generator.sample(6, { seed: 2 });
    const found = await logitsOf({ generator: file("g.onnx"), regressor: file("heads.onnx"), ...more }, codes);
    codes.dispose();
    return found;
  };
  /** σ of the second logit less the first: the probability of "yes". */
  const yes = (logits: readonly number[]) =>
    Array.from({ length: logits.length / 2 }, (_, i) => 1 / (1 + Math.exp(logits[2 * i]! - logits[2 * i + 1]!)));
  const plain = async () => (await read(means(4, (graph, row) => graph.output("y", row, ["n", 4])))).values[0]!;

  it("of one logit are binary attributes: in one output, with or without its sigmoid, and in many", async () => {
    const raw = await plain();
    const column = (k: number) => Array.from({ length: 6 }, (_, i) => 1 / (1 + Math.exp(-raw[i * 4 + k]!)));
    const names = ["a", "b", "c", "d"];
    const one = await read(
      means(4, (graph, row) => graph.output("y", row, ["n", 4])),
      { attributes: names },
    );
    expect(one.notes.join()).toContain("4 names for 4 numbers: taken as binary attributes");
    const squashed = await read(
      means(4, (graph, row) => graph.output("y", graph.op("Sigmoid", [row]), ["n", 4])),
      { attributes: names, heads: "binary" },
    );
    expect(squashed.notes.join()).toContain("the Sigmoid at the end of y is left out");
    const many = await read(
      means(4, (graph, row) => {
        for (const [k, name] of names.entries()) graph.output(name, graph.slice(row, 1, k, k + 1), ["n", 1]);
      }),
    );
    for (const { attributes, values } of [one, squashed, many]) {
      expect(attributes).toEqual(names.map((name) => ({ name, classes: 2 })));
      for (const [k, logits] of values.entries()) expect(error(yes(logits), column(k))).toBeLessThan(1e-4);
    }
  });

  it("that are a number join with thresholds, beside classes", async () => {
    const raw = await plain();
    const found = await read(
      means(4, (graph, row) => graph.output("y", row, ["n", 4])),
      {
        attributes: [
          { name: "age", thresholds: [-0.5, 0, 0.8], scale: 0.25 },
          { name: "kind", classes: 3 },
        ],
      },
    );
    expect(found.attributes).toEqual([
      { name: "age", classes: 4 },
      { name: "kind", classes: 3 },
    ]);
    for (let i = 0; i < 6; i++) {
      const value = raw[i * 4]!;
      const logits = found.values[0]!.slice(i * 4, i * 4 + 4);
      expect(logits.indexOf(Math.max(...logits))).toBe([-0.5, 0, 0.8].filter((at) => value > at).length);
      expect(found.values[1]!.slice(i * 3, i * 3 + 3)).toEqual(raw.slice(i * 4 + 1, i * 4 + 4));
    }
  });

  it("that don't fit their names are one message with what was expected and found", async () => {
    const four = means(4, (graph, row) => graph.output("y", row, ["n", 4]));
    await expect(read(four, { attributes: ["a", "b", "c"] })).rejects.toThrow(
      /could not load the regressor, .*heads\.onnx: .*expected outputs for 3 attributes \(a, b, c\).*got y \[n, 4\]/,
    );
    await expect(read(four, { attributes: ["a", "b", "c"], heads: "binary" })).rejects.toThrow("a: 1, b: 1, c: 1");
  });

  it("of another image size are refused, and read behind the resize that is named", async () => {
    const small = means(2, (graph, row) => graph.output("y", row, ["n", 2]), 8);
    await expect(read(small)).rejects.toThrow(
      /expected a regressor of images of 16 × 16 px.*got one of 8 × 8 px\. Name a resize, \{ file: "heads.onnx", resize:/,
    );
    const codes = generator.sample(6, { seed: 2 });
    const weight = tf.tensor2d(new SeededRandom(1).normals(3 * 64 * 2, 0, 0.2), [192, 2]);
    for (const resize of ["area", "bilinear", "nearest"] as const) {
      const found = await read(small, { regressor: { file: file("heads.onnx"), resize } });
      const wanted = tf.tidy(() => {
        const images = generator.synthesize(codes);
        // Half the size: a mean of four pixels, which bilinear between them is, too; nearest takes the first.
        const half =
          resize === "nearest"
            ? tf.stridedSlice(images, [0, 0, 0, 0], images.shape, [1, 2, 2, 1])
            : tf.avgPool(images, 2, 2, "valid");
        return tf.matMul(tf.reshape(tf.transpose(half, [0, 3, 1, 2]), [6, 192]), weight);
      });
      expect(error(found.values[0]!, await numbers(wanted))).toBeLessThan(1e-4);
      expect(found.notes.join()).toContain(`heads.onnx: images of 16 × 16 px are resized (${resize}) to 8 × 8 px`);
      wanted.dispose();
    }
    tf.dispose([codes, weight]);
  });
});

describe("wrong files", () => {
  it.each<[string, (files: (name: string) => string) => NetworkFiles, RegExp]>([
    [
      "a regressor in the place of a generator",
      (f) => ({ generator: f("r.onnx"), regressor: f("r.onnx") }),
      /could not load the generator, .*r\.onnx: .*expected the generator to have an output \[n, 3, height, width\].*attribute_0 \[n, 2\]/,
    ],
    [
      "a generator in the place of a regressor",
      (f) => ({ generator: f("g.onnx"), regressor: f("g.onnx") }),
      /could not load the regressor, .*g\.onnx: .*one row of numbers an image, \[n, width\], got \[n, 3, 16, 16\] as "images"/,
    ],
    [
      "a mapping beside another kind",
      (f) => ({ generator: f("g.safetensors"), mapping: f("mapping.onnx"), regressor: f("r.onnx") }),
      /expected no mapping beside a \.safetensors file/,
    ],
    [
      "a key beside a graph",
      (f) => ({ generator: { file: f("g.onnx"), key: "g" }, regressor: f("r.onnx") }),
      /expected no key beside an \.onnx file: it is for PyTorch files/,
    ],
    [
      "codes of another width",
      (f) => ({ generator: f("g.onnx"), regressor: f("r.onnx"), codes: f("narrow.npy") }),
      /expected codes \[n, 6\] in narrow\.npy, as the generator takes them, got \[3, 2\]/,
    ],
    [
      "a missing file",
      (f) => ({ generator: f("none.onnx"), regressor: f("r.onnx") }),
      /could not load the generator, .*none\.onnx: .*ENOENT/,
    ],
  ])("%s: one message, nothing left behind", async (_, files, message) => {
    await writeFile(file("narrow.npy"), writeNpy({ dtype: "float32", shape: [3, 2], data: new Float32Array(6) }));
    const before = tf.memory().numTensors;
    await expect(loadModel(files(file))).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("embedders as .onnx", () => {
  const embedder = (side: number, output: (graph: GraphBuilder, images: string) => string) => {
    const graph = new GraphBuilder();
    graph.output("embedding", output(graph, graph.input("images", ["n", 3, side, side])));
    return writeOnnx(graph.build());
  };
  const means = (graph: GraphBuilder, images: string) => graph.reduce("ReduceMean", images, [2, 3], false);

  it("get rows of length 1, also those that have places behind, as [n, e, 1, 1]", async () => {
    await writeFile(
      file("long.onnx"),
      embedder(16, (graph, images) => graph.reduce("ReduceMean", images, [2, 3], true)),
    );
    const model = await loadModel({ generator: file("g.onnx"), regressor: file("r.onnx"), embedder: file("long.onnx") });
    const codes = await model.sample(3, { seed: 1 });
    const found = await model.embed!(codes);
    const own = tf.tidy(() => {
      const mean = tf.mean(generator.synthesize(codes), [1, 2]);
      return tf.div(mean, tf.norm(mean, 2, 1, true));
    });
    expect(error(await numbers(found), await numbers(own))).toBeLessThan(1e-4);
    tf.dispose([codes, found, own]);
    model.dispose();
  });

  it.each<[string, () => Uint8Array, RegExp]>([
    ["a generator", () => writeOnnx(generator.toOnnx()), /with one input of images \[n, 3, height, width\], got /],
    [
      "one of other images",
      () => embedder(8, means),
      /of 16 × 16 px, .* got one of 8 × 8 px\. Name a resize, \{ file: "e\.onnx"/,
    ],
    [
      "one that gives images",
      () => embedder(16, (_, images) => images),
      /with an output of rows \[n, e\], got .*\[n, 3, 16, 16\]/,
    ],
  ])("%s is refused by the file's name", async (_, bytes, message) => {
    await writeFile(file("e.onnx"), bytes());
    const before = tf.memory().numTensors;
    const loading = loadModel({ generator: file("g.safetensors"), regressor: file("r.onnx"), embedder: file("e.onnx") });
    await expect(loading).rejects.toThrow(/could not load the embedder, .*e\.onnx: /);
    await expect(loading).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });
});

it("an embedder in a file makes the loss that keeps an identity possible", async () => {
  const graph = new GraphBuilder();
  const colour = graph.reduce("ReduceMean", graph.input("images", ["n", 3, 8, 8]), [2, 3], false);
  const length = graph.op("ReduceL2", [colour, graph.ints([1])], { keepdims: { int: 1 } });
  graph.output("embedding", graph.op("Div", [colour, length]), ["n", 3]);
  await writeFile(file("embedder.onnx"), writeOnnx(graph.build()));
  const files = { generator: file("g.safetensors"), regressor: file("r.safetensors") };
  const embedder = { file: file("embedder.onnx"), resize: "area" } as const;
  const model = await loadModel({ ...files, embedder });
  const codes = await model.sample(2, { seed: 1 });
  const own = tf.tidy(() => {
    const mean = tf.mean(generator.synthesize(codes), [1, 2]);
    return tf.div(mean, tf.norm(mean, 2, 1, true)) as tf.Tensor2D;
  });
  const request = {
    attributeIndex: 0,
    target: 1,
    temperature: 4,
    preservationWeight: 1,
    originalLogits: await model.logits(codes),
  };
  for (const [originalEmbeddings, expected] of [
    [own, 0],
    [tf.neg(own), 2],
  ] as const) {
    const { preservationLoss, gradient, logits } = await model.lossAndGradient(codes, { ...request, originalEmbeddings });
    expect(preservationLoss).toBeCloseTo(expected, 4);
    tf.dispose([gradient, ...logits, originalEmbeddings]);
  }
  tf.dispose([codes, ...request.originalLogits]);
  model.dispose();
  await expect(loadModel({ ...files, embedder }, { engine: "tfjs" })).rejects.toThrow("for the embedder, which is a graph");
});

describe("PyTorch files", () => {
  const small = (name: string) => new URL(`../../models/test/reference/small-${name}`, import.meta.url);
  const here = (name: string) => new URL(`./reference/${name}`, import.meta.url);

  it("are read under the key that is named", async () => {
    const model = await loadModel({
      generator: { file: small("rosinality.pt"), key: "g_ema" },
      regressor: { file: small("regressor.pth"), key: "model_state_dict", resize: "area" },
    });
    expect([model.name, model.attributes.length]).toEqual(["StyleGAN2, 32 px", 7]);
    model.dispose();
  });

  it.each<[string, () => NetworkFiles["generator"], RegExp]>([
    [
      "has several networks",
      () => here("several.pt"),
      /got a dict with keys "nets", "step"\. The file has state dicts under "nets\.g" \(2 tensors\), "nets\.d" \(2 tensors\): name the generator's, \{ file, key: "nets\.g" \}/,
    ],
    [
      "has no such key",
      () => ({ file: here("several.pt"), key: "nets.h" }),
      /expected a state dict under "nets\.h", got state dicts under "nets\.g"/,
    ],
    [
      "is a regressor's",
      () => small("regressor.pth"),
      /"model_state_dict" \(26 tensors, a regressor's\): none of them is a generator's/,
    ],
    [
      "is a whole module",
      () => here("whole-module.pt"),
      /refers to "__main__\.Generator".*nothing was run.*model\.state_dict\(\)/,
    ],
  ])("of which one %s: what was found and what to name", async (_, generatorFile, message) => {
    const loading = loadModel({ generator: generatorFile(), regressor: small("regressor.pth") });
    await expect(loading).rejects.toThrow(message);
  });
});

it("a model that is ready needs no networks", async () => {
  const inner = await loadModel({ generator: file("g.onnx"), regressor: file("r.onnx") });
  const sampleCodes = async (count: number, seed: number) => new SeededRandom(seed).normals(count * 6);
  const model = await loadModel({ name: "ready", model: inner, sampleCodes });
  expect(model.engine).toMatchObject({ name: "own" });
  expect(model.attributes.map(({ classes }) => classes)).toEqual(CLASSES);
  const codes = await model.sample(2);
  const images = await model.synthesize(codes);
  expect(images.shape).toEqual([2, 16, 16, 3]);
  await expect(loadModel({ name: "ready", model: inner, sampleCodes }, { truncation: 0.7 })).rejects.toThrow(
    "expected truncation 1 for ready",
  );
  tf.dispose([codes, images]);
  model.dispose();
  await expect(inner.synthesize(codes)).rejects.toThrow("disposed");
});
