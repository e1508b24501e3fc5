import { useBackend } from "@latentflow/backend";
import { StyleGan2Generator } from "@latentflow/models";
import { hasNativeRuntime } from "@latentflow/onnx";
import { loadSceneRegressor } from "@latentflow/scenes";
import type { Tensor2D } from "@tensorflow/tfjs-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { autoModel, type ModelParts } from "../src/index.js";

let parts: ModelParts;
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
  await expect(autoModel(bare, { engine: "cuda" as "onnx" })).rejects.toThrow("autoModel: expected engine to be one of");
});
