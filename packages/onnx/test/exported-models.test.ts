import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { cotangentName, differentiate, gradientName, readOnnx } from "../src/index.js";
import { runModel } from "./run-model.js";

/** Networks that PyTorch's exporters wrote: tools/reference/onnx_exported_models.py and onnx_further_exports.py. */

interface Packed {
  dims: number[];
  data: number[];
}

const folder = new URL("./reference/exported/", import.meta.url);
type Models = Record<string, Record<"x" | "cotangent" | "y" | "gradient", Packed>>;
const modelsOf = (file: string) =>
  (JSON.parse(gunzipSync(readFileSync(new URL(file, folder))).toString()) as { models: Models }).models;
const models: Models = { ...modelsOf("models.json.gz"), ...modelsOf("further.json.gz") };

function largestError(actual: ArrayLike<number>, { data }: Packed): number {
  expect(actual.length).toBe(data.length);
  const scale = Math.max(...data.map(Math.abs));
  return data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - actual[i]!)), 0) / scale;
}

describe("networks exported by PyTorch", () => {
  it.each(Object.keys(models))("%s: value and gradient are PyTorch's", async (name) => {
    const { x, cotangent, y, gradient } = models[name]!;
    const model = readOnnx(readFileSync(new URL(`${name}.onnx`, folder)));
    const differentiated = differentiate(model, { outputs: ["y"], wrt: ["x"] });
    const results = await runModel(differentiated, { x, [cotangentName("y")]: cotangent });
    expect(largestError(results.y!.data, y)).toBeLessThan(1e-4);
    expect(largestError(results[gradientName("x")]!.data, gradient)).toBeLessThan(1e-3);
  });
});
