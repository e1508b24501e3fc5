import { BackendError } from "@latentflow/backend";
import { addressOf, type BackendWasm } from "@latentflow/backend/wasm";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, expect, it } from "vitest";
import { aboveTwoGigabytes } from "../../../tools/above-two-gigabytes.js";
import { linearCombination } from "../src/kernels/linear-combination.js";
import { registerKernels } from "../src/kernels/register.js";
import { scaledNorm } from "../src/kernels/scaled-norm.js";
import { start } from "./backends.js";

beforeAll(async () => {
  await start("wasm");
  registerKernels();
});

const wasm = () => tf.backend() as BackendWasm;
const array = (seed: number) => tf.tensor1d(Array.from({ length: 11 }, (_, i) => Math.sin(seed + i)));

/** Both kernels on arrays of eleven: two vectors and three floats. */
function both([a, b, c]: tf.Tensor[]): number[] {
  const sum = linearCombination(a, [0.5, -2], [b!, c!]);
  const norm = scaledNorm([0.5, -2], [{ a: a!, b: b!, terms: [b!, c!] }], { rtol: 1e-2, atol: 1e-3 });
  const numbers = [...sum.dataSync(), ...norm.dataSync()];
  tf.dispose([sum, norm]);
  return numbers;
}

it("the kernels compute the same above 2 GB, also on arrays whose addresses tfjs has as negative numbers", () => {
  const below = [1, 2, 3].map(array);
  const expected = both(below);
  expect(expected[0]).toBeCloseTo(Math.sin(1) + 0.5 * Math.sin(2) - 2 * Math.sin(3), 6);
  aboveTwoGigabytes(() => {
    const above = [1, 2, 3].map(array);
    const signed = above.map((tensor) => {
      const { dataId } = wasm().makeOutput([11], "float32", addressOf(wasm(), tensor) | 0);
      expect(wasm().getMemoryOffset(dataId)).toBeLessThan(0);
      return { dataId, shape: [11], dtype: "float32" } as unknown as tf.Tensor;
    });
    expect(both(above)).toEqual(expected);
    expect(kernelSum(signed)).toEqual(expected.slice(0, 11));
    tf.dispose(above);
  });
  tf.dispose(below);
});

/** The kernel itself, on bare data. */
function kernelSum(inputs: tf.TensorInfo[]): number[] {
  const kernel = tf.getKernel("LatentflowLinearCombination", "wasm");
  const attrs = { hasBase: true, weights: [0.5, -2] };
  const out = kernel.kernelFunc({ inputs: inputs as never, backend: wasm(), attrs }) as tf.TensorInfo;
  const numbers = [...(wasm().readSync(out.dataId) as Float32Array)];
  wasm().disposeData(out.dataId);
  return numbers;
}

it("a full heap is an error that says how much was needed, also on a backend that useBackend did not start", () => {
  const inputs = [1, 2, 3].map(array);
  const before = [tf.memory().numTensors, wasm().numDataIds()];
  const { wasm: module } = wasm() as unknown as { wasm: { _malloc(bytes: number): number } };
  const malloc = module._malloc;
  module._malloc = () => 0;
  try {
    expect(() => linearCombination(inputs[0], [1], [inputs[1]!])).toThrow(BackendError);
    expect(() => linearCombination(inputs[0], [1], [inputs[1]!])).toThrow(
      /^wasm: expected 0\.00 GB of memory for a tensor, got none/,
    );
  } finally {
    module._malloc = malloc;
  }
  expect([tf.memory().numTensors, wasm().numDataIds()]).toEqual(before);
  tf.dispose(inputs);
});
