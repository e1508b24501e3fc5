import { useBackend } from "@latentflow/backend";
import { hasNativeRuntime } from "@latentflow/onnx";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { autoModel, EngineError, readGeneratorAlone, readNetworks } from "../src/index.js";

const file = (name: string) => new URL(`../../scenes/data/tabletop/${name}.safetensors`, import.meta.url);

beforeAll(() => useBackend("wasm"));

it("a generator alone makes the pictures that it makes beside a regressor, on every engine, and says nothing of them", async () => {
  const before = tf.memory().numTensors;
  const alone = await readGeneratorAlone(file("generator"));
  const both = await readNetworks({ generator: file("generator"), regressor: file("regressor") });
  const codes = await alone.sampleCodes(2, 3);
  expect(codes).toEqual(await both.sampleCodes(2, 3));
  const w = tf.tensor2d(codes, [2, 64]);
  const wanted = await autoModel(both, { engine: "tfjs" });
  const expected = await wanted.model.synthesize(w);
  for (const engine of ["tfjs", "onnx"] as const) {
    if (engine === "onnx" && !(await hasNativeRuntime())) continue;
    const running = await autoModel(alone, { engine, truncation: 1 });
    expect(running.model.attributes).toEqual([{ name: "none", classes: 3 }]);
    const images = await running.model.synthesize(w);
    expect(tf.tidy(() => tf.max(tf.abs(tf.sub(images, expected))).dataSync()[0])).toBeLessThan(1e-3);
    const [logits] = await running.model.logits(w);
    expect(Array.from(await logits!.data())).toEqual([0, 0, 0, 0, 0, 0]);
    tf.dispose([images, logits!]);
    running.dispose();
  }
  tf.dispose([w, expected]);
  wanted.dispose();
  alone.dispose!();
  both.dispose!();
  expect(tf.memory().numTensors).toBe(before);
});

it("says what was no generator", async () => {
  await expect(readGeneratorAlone(file("regressor"))).rejects.toThrow(EngineError);
  await expect(readGeneratorAlone(file("regressor"))).rejects.toThrow(/generator/);
  await expect(readGeneratorAlone(undefined as never)).rejects.toThrow(
    /readGeneratorAlone: expected a generator's file, got undefined/,
  );
});
