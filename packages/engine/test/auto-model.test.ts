import { readFile } from "node:fs/promises";
import { useBackend } from "@latentflow/backend";
import { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import { hasNativeRuntime } from "@latentflow/onnx";
import { loadSceneRegressor } from "@latentflow/scenes";
import { dispose, fill, memory, type Rank, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { autoModel, type TfjsParts, type TruncationSetting } from "../src/index.js";

/** One of other weights and attributes than the scenes'. */
const SMALL_REGRESSOR = new URL("../../models/test/reference/small-regressor.pth", import.meta.url);

let parts: TfjsParts;
let w: Tensor2D;

beforeAll(async () => {
  await useBackend("wasm");
  const generator = StyleGan2Generator.random(
    { channels: [4, 4, 4, 4, 4], latentDim: 8, zDim: 8, mappingLayers: 2 },
    { seed: 1 },
  );
  w = generator.sample(3, { seed: 2 });
  const codes = (await w.data<"float32">()).slice();
  parts = {
    name: "random",
    generator,
    regressor: await loadSceneRegressor(),
    meanLatent: Array(8).fill(0.1),
    sampleCodes: async () => codes,
  };
});
afterAll(() => w.dispose());

it("truncation with a cutoff leaves the rows behind it as they are, on both engines", async () => {
  const rows = (parts.generator as StyleGan2Generator).rowCount;
  const first = async (truncation: TruncationSetting, engine: "onnx" | "tfjs") => {
    const running = await autoModel(parts, { engine, truncation });
    const [logits, ...others] = await running.model.logits(w);
    const values = Array.from(await logits!.data());
    dispose([logits!, ...others]);
    running.dispose();
    return values;
  };
  const apart = (a: readonly number[], b: readonly number[]) => Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
  for (const engine of (await hasNativeRuntime()) ? (["onnx", "tfjs"] as const) : (["tfjs"] as const)) {
    const [none, all] = [await first(1, engine), await first(0.2, engine)];
    const some = await first({ psi: 0.2, cutoff: 4 }, engine);
    expect(apart(await first({ psi: 0.2, cutoff: 0 }, engine), none)).toBeLessThan(1e-3);
    expect(apart(await first({ psi: 0.2, cutoff: rows }, engine), all)).toBeLessThan(1e-3);
    expect(Math.min(apart(some, none), apart(some, all))).toBeGreaterThan(1e-2);
  }
  await expect(autoModel(parts, { truncation: { psi: 0.2 } as never })).rejects.toThrow(/truncation: expected .*cutoff/);
});

it("gives the same logits on ONNX Runtime and on tfjs, truncated too, and counts images", async ({ skip }) => {
  if (!(await hasNativeRuntime())) return skip("onnxruntime-node is not installed");
  for (const truncation of [1, 0.7]) {
    const [onnx, tfjs] = [await autoModel(parts, { truncation }), await autoModel(parts, { engine: "tfjs", truncation })];
    expect([onnx.engine.name, tfjs.engine.name]).toEqual(["onnx", "tfjs"]);
    const [a, b] = [await onnx.model.logits(w), await tfjs.model.logits(w)];
    for (let k = 0; k < a.length; k++) {
      const [x, y] = [await a[k]!.data(), await b[k]!.data()];
      x.forEach((value, i) => {
        expect(Math.abs(value - y[i]!)).toBeLessThan(2e-3 * Math.max(1, Math.abs(y[i]!)));
      });
    }
    expect(onnx.images()).toBe(3);
    onnx.dispose();
  }
});

describe("features", () => {
  const far = (x: ArrayLike<number>, y: ArrayLike<number>) =>
    Math.max(...Array.from(x, (value, i) => Math.abs(value - y[i]!) / Math.max(1, Math.abs(y[i]!))));
  const featuresOf = async (given: TfjsParts, engine: "onnx" | "tfjs", truncation = 1) => {
    const { model, judge, images, dispose } = await autoModel(given, { engine, truncation });
    const answer = await model.features!(w);
    const values = (await answer.data<"float32">()).slice();
    answer.dispose();
    dispose();
    return { judge, shape: answer.shape, values, images: images() };
  };

  it("are the judge's, the same on both engines, and the regressor's where there is no judge", async ({ skip }) => {
    const judge = await FactorRegressor.fromTorch(new Uint8Array(await readFile(SMALL_REGRESSOR)));
    const before = memory().numTensors;
    const images = parts.generator.synthesize(w);
    const expected = { regressor: parts.regressor.features!(images), judge: judge.features(images) };
    const engines = (await hasNativeRuntime()) ? (["tfjs", "onnx"] as const) : (["tfjs"] as const);
    for (const engine of engines) {
      for (const [who, given] of [
        ["regressor", parts],
        ["judge", { ...parts, judge }],
      ] as const) {
        const found = await featuresOf(given, engine);
        expect([found.judge, found.images]).toEqual([who, 3]);
        expect(found.shape).toEqual(expected[who].shape);
        expect(far(found.values, await expected[who].data())).toBeLessThan(2e-3);
        expect(far((await featuresOf(given, engine, 0.7)).values, found.values)).toBeGreaterThan(1e-2);
      }
    }
    dispose([images, ...Object.values(expected)]);
    expect(memory().numTensors).toBe(before);
    judge.dispose();
    if (engines.length === 1) skip("ONNX Runtime: onnxruntime-node is not installed");
  });

  it("come of neither network: there are none; a judge that is no graph runs on tfjs; one without features is refused", async () => {
    const { attributes } = parts.regressor;
    const plain = { attributes, logits: parts.regressor.logits.bind(parts.regressor) };
    const none = await autoModel({ ...parts, regressor: plain }, { engine: "tfjs" });
    expect([none.judge, none.model.features]).toEqual([null, undefined]);
    const judge = { ...plain, features: (images: Tensor4D) => parts.regressor.features!(images) };
    expect((await autoModel({ ...parts, judge })).engine.reason).toContain("toOnnx()");
    await expect(autoModel({ ...parts, judge: plain })).rejects.toThrow("expected a judge with features(images)");
  });

  it("that are not finite are refused", async () => {
    const judge = { ...parts.regressor, logits: () => [], features: () => fill<Rank.R2>([3, 2], Number.NaN) };
    const { model } = await autoModel({ ...parts, judge }, { engine: "tfjs" });
    const before = memory().numTensors;
    await expect(model.features!(w)).rejects.toThrow("expected finite features");
    expect(memory().numTensors).toBe(before);
  });
});

it("says what is missing", async () => {
  const { generator, regressor, sampleCodes } = parts;
  const bare = {
    name: "bare",
    generator: { latentDim: 8, synthesize: generator.synthesize.bind(generator) },
    regressor,
    sampleCodes,
  };
  expect((await autoModel(bare)).engine).toMatchObject({ name: "tfjs", reason: expect.stringContaining("toOnnx()") });
  await expect(autoModel(bare, { engine: "onnx" })).rejects.toThrow('the engine can\'t be "onnx"');
  await expect(autoModel(bare, { truncation: 0.7 })).rejects.toThrow("without meanLatent");
  const wrong = (options: object) => expect(autoModel(bare, options)).rejects;
  await wrong({ truncation: "0.7" }).toThrow('autoModel: expected truncation to be a finite number, got "0.7".');
  await wrong({ threads: 0 }).toThrow("autoModel: expected threads to be an integer ≥ 1, got 0.");
  await expect(autoModel(bare, { engine: "cuda" as "onnx" })).rejects.toThrow("autoModel: expected engine to be one of");
});
