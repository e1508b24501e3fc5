import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { useBackend } from "@latentflow/backend";
import { StyleGan2Generator } from "@latentflow/models";
import { hasNativeRuntime } from "@latentflow/onnx";
import { loadPretrainedScenes } from "@latentflow/scenes";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EngineError, loadModel, type ModelSource } from "../src/index.js";

const REGRESSOR = new URL("../../scenes/data/tabletop/regressor.safetensors", import.meta.url);
let folder: string;
let generator: string;

beforeAll(async () => {
  await useBackend("wasm");
  folder = await mkdtemp(join(tmpdir(), "latentflow-engine-"));
  generator = join(folder, "generator.safetensors");
  const small = StyleGan2Generator.random({ channels: [4, 4, 4, 4, 4], latentDim: 8, zDim: 8, mappingLayers: 2 }, { seed: 1 });
  await writeFile(generator, small.toSafetensors());
  small.dispose();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe("loadModel", () => {
  it.each([
    ["tabletop", 7],
    ["studio", 9],
  ] as const)(
    "gives the bundled networks of the %s on the fastest engine here, and frees all of it",
    async (name, attributes) => {
      const before = tf.memory().numTensors;
      const model = await loadModel(name);
      expect(model.engine.name).toBe((await hasNativeRuntime()) ? "onnx" : "tfjs");
      expect(model.attributes).toHaveLength(attributes);
      const codes = await model.sample(5, { seed: 0 });
      expect(codes.shape).toEqual([5, model.latentDim]);
      const [again, other] = [await model.sample(5, { seed: 0 }), await model.sample(5, { seed: 1 })];
      expect(await again.data()).toEqual(await codes.data());
      expect(await other.data()).not.toEqual(await codes.data());
      const images = await model.synthesize(codes);
      expect(images.shape).toEqual([5, 64, 64, 3]);
      tf.dispose([codes, again, other, images]);
      model.dispose();
      model.dispose();
      expect(tf.memory().numTensors).toBe(before);
      await expect(model.sample(1)).rejects.toThrow("sample: expected a model in use, got one that was disposed");
      await expect(model.logits(tf.zeros([1, model.latentDim]))).rejects.toThrow("logits: expected a model in use");
    },
  );

  it("takes codes as tensors or as plain numbers in any form, and refuses what is none", async () => {
    const model = await loadModel("tabletop", { engine: "tfjs" });
    const codes = await model.sample(2, { seed: 3 });
    const rows = await codes.array();
    const data = await codes.data<"float32">();
    const [images, logits, features] = [await model.synthesize(codes), await model.logits(codes), await model.features!(codes)];
    const before = tf.memory().numTensors;
    for (const plain of [rows, [...rows.map((row) => Float32Array.from(row))], { data, shape: [2, 64] }]) {
      const [again, read, seen] = [await model.synthesize(plain), await model.logits(plain), await model.features!(plain)];
      expect(await again.data()).toEqual(await images.data());
      expect(await read[0]!.data()).toEqual(await logits[0]!.data());
      expect(await seen.data()).toEqual(await features.data());
      tf.dispose([again, ...read, seen]);
    }
    const wrong: [unknown, string][] = [
      [[[1, 2]], "synthesize: expected codes [n, 64] or [n, rowCount, 64], got [1, 2]"],
      [{ data, shape: [128] }, "synthesize: expected codes as a tensor, rows of numbers, or { data, shape: [n, d] or"],
      [undefined, "synthesize: expected"],
    ];
    for (const [w, message] of wrong) {
      const refused = model.synthesize(w as typeof rows);
      await expect(refused).rejects.toBeInstanceOf(EngineError);
      await expect(refused).rejects.toThrow(message);
    }
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose([codes, images, ...logits, features]);
    model.dispose();
  });

  it("samples codes as the generator does", async () => {
    const [model, scenes] = [await loadModel("tabletop", { engine: "tfjs" }), await loadPretrainedScenes()];
    const [ours, theirs] = [await model.sample(3, { seed: 7 }), scenes.generator.sample(3, { seed: 7 })];
    expect(await ours.data()).toEqual(await theirs.data());
    tf.dispose([ours, theirs]);
    model.dispose();
    scenes.dispose();
  });

  it("reads files by path, address, File or bytes, and gives the same answers on both engines", async ({ skip }) => {
    const bytes = await readFile(generator);
    const sources: (() => Promise<ModelSource>)[] = [
      async () => ({ generator, regressor: REGRESSOR }),
      async () => ({ generator: pathToFileURL(generator), regressor: new Uint8Array(await readFile(REGRESSOR)) }),
      async () => ({ generator: new File([bytes], "g.safetensors"), regressor: new Blob([await readFile(REGRESSOR)]) }),
      async () => ({ generator: new Uint8Array(bytes).buffer, regressor: new Response(await readFile(REGRESSOR)) }),
    ];
    const engines = (await hasNativeRuntime()) ? (["tfjs", "onnx"] as const) : (["tfjs"] as const);
    let first: Float32Array | undefined;
    for (const make of sources) {
      for (const engine of engines) {
        const model = await loadModel(await make(), { engine, truncation: 0.7 });
        const codes = await model.sample(2, { seed: 3 });
        const logits = await model.logits(codes);
        const values = (await logits[0]!.data()) as Float32Array;
        first ??= values.slice();
        values.forEach((x, i) => {
          expect(Math.abs(x - first![i]!)).toBeLessThan(2e-3 * Math.max(1, Math.abs(x)));
        });
        tf.dispose([codes, ...logits]);
        model.dispose();
      }
    }
    if (engines.length === 1) skip("ONNX Runtime: onnxruntime-node is not installed");
  });

  it("takes a judge's file, whose features it gives, and frees it, too", async () => {
    const before = tf.memory().numTensors;
    const judge = new URL("../../models/test/reference/small-regressor.pth", import.meta.url);
    const [plain, judged] = [
      await loadModel({ generator, regressor: REGRESSOR }, { engine: "tfjs" }),
      await loadModel({ generator, regressor: REGRESSOR, judge }, { engine: "tfjs" }),
    ];
    expect(judged.parts.judge).toBeDefined();
    expect(judged.parts.mappingSlope).toBe(0.2);
    const codes = await plain.sample(2);
    const [ours, theirs] = [await plain.features!(codes), await judged.features!(codes)];
    expect(await ours.data()).not.toEqual(await theirs.data());
    tf.dispose([codes, ours, theirs]);
    plain.dispose();
    judged.dispose();
    expect(tf.memory().numTensors).toBe(before);
    await expect(judged.features!(tf.zeros([1, 8]))).rejects.toThrow("features: expected a model in use");
  });

  it("names attributes as told, and truncates as told beside the files", async () => {
    const attributes = ["color", "shape", "size", "height", "wall", "x", "z"];
    const whole = await loadModel({ generator, regressor: REGRESSOR, attributes }, { engine: "tfjs" });
    const flat = await loadModel({ generator, regressor: REGRESSOR, truncation: 0 }, { engine: "tfjs" });
    expect(whole.attributes.map(({ name }) => name)).toEqual(attributes);
    const codes = await whole.sample(2);
    const images = await flat.synthesize(codes);
    const [a, b] = tf.split(images, 2);
    expect(await a!.data()).toEqual(await b!.data());
    tf.dispose([codes, images, a!, b!]);
    whole.dispose();
    flat.dispose();
  });

  it.each<[unknown, object | undefined, string]>([
    ["no-such", undefined, 'loadModel: expected "tabletop", "studio", files { generator, regressor } or networks'],
    [null, undefined, "loadModel: expected"],
    [undefined, undefined, "loadModel: expected"],
    [{}, undefined, "got no generator, no regressor"],
    [{ generator: "g.safetensors" }, undefined, "got no regressor"],
    [{ generator: "/nowhere/g.onnx", regressor: REGRESSOR }, undefined, "could not load the generator, /nowhere/g.onnx: "],
    [{ generator: "g.txt", regressor: REGRESSOR }, undefined, "to end in .pkl, .pt, .pth, .safetensors, .onnx, got g.txt"],
    [{ generator: REGRESSOR, regressor: REGRESSOR, judge: "/nowhere/j.pt" }, undefined, "could not load the generator"],
    [{ generator: "/nowhere/g.pt", regressor: REGRESSOR }, undefined, "could not load the generator, /nowhere/g.pt: "],
    [{ generator: new Uint8Array(40), regressor: REGRESSOR }, undefined, "got bytes of another kind"],
    [
      { generator: 5, regressor: REGRESSOR },
      undefined,
      "loadModel: expected the generator to end in .pkl, .pt, .pth, .safetensors, .onnx, got 5",
    ],
    [{ generator: REGRESSOR, regressor: REGRESSOR, truncation: "a" }, undefined, "truncation"],
    [{ generator: REGRESSOR, regressor: REGRESSOR, layers: 2 }, undefined, 'unknown option "layers"'],
    ["tabletop", { engine: "cuda" }, "expected engine to be one of"],
    ["tabletop", { truncation: Number.NaN }, "truncation"],
    ["tabletop", { seed: 1 }, 'unknown option "seed"'],
    ["tabletop", { from: "file:///nowhere/" }, "could not load"],
    [{ generator: REGRESSOR, regressor: REGRESSOR }, { from: "x" }, "expected no `from`"],
  ])("refuses %j with options %j by name and leaks nothing", async (source, options, message) => {
    const before = tf.memory().numTensors;
    const loading = loadModel(source as ModelSource, options as never);
    await expect(loading).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("refuses counts and seeds that are none", async () => {
    const model = await loadModel({ generator, regressor: REGRESSOR }, { engine: "tfjs" });
    for (const count of [0, -1, 1.5, Number.NaN, "3" as unknown as number])
      await expect(model.sample(count)).rejects.toThrow(EngineError);
    await expect(model.sample(1, { seed: -1 })).rejects.toThrow("seed");
    model.dispose();
  });
});
