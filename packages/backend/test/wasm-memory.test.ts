import { BackendError, useBackend } from "@latentflow/backend";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

const BLOCK = 2 ** 28; // bytes

/** Takes wasm's memory, without writing to it, until no block is left, and runs `full`. */
function whenFull(full: () => void): void {
  const backend = tf.backend() as BackendWasm;
  const blocks: tf.TensorInfo[] = [];
  try {
    for (;;) blocks.push(backend.makeOutput([BLOCK / 4], "float32"));
  } catch (error) {
    expect(error).toBeInstanceOf(BackendError);
    full();
  } finally {
    for (const { dataId } of blocks) backend.disposeData(dataId);
  }
  expect(blocks.length).toBeGreaterThan(8);
}

describe("wasm's memory, when it is full", () => {
  beforeAll(async () => void (await useBackend("wasm")));

  const random = tf.randomUniform as (shape: number[], low: number, high: number, dtype: "float32", seed: number) => tf.Tensor;
  /** Operations of tfjs's own kernels and of ours, each with an output of 64 MB or more. */
  const operations: [string, (x: tf.Tensor) => tf.Tensor][] = [
    ["tile", (x) => tf.tile(x, [1, 256, 256, 1])],
    [
      "pad",
      (x) =>
        tf.pad(x, [
          [0, 0],
          [0, 4096],
          [0, 512],
          [0, 0],
        ]),
    ],
    ["resizeBilinear", (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [2048, 2048])],
    ["conv2dTranspose", (x) => tf.conv2dTranspose(x as tf.Tensor4D, tf.ones([2, 2, 4, 4]), [1, 2048, 2048, 4], 256, "same")],
    ["matMul", (x) => tf.matMul(tf.reshape(tf.tile(x, [1, 8, 8, 1]), [-1, 1]), tf.reshape(tf.tile(x, [1, 8, 8, 1]), [1, -1]))],
    ["broadcast", (x) => tf.add(tf.reshape(tf.tile(x, [1, 8, 8, 1]), [-1, 1]), tf.reshape(tf.tile(x, [1, 8, 8, 1]), [1, -1]))],
  ];

  it("every operation says what it needed and what to do, and leaves what is there alone", () => {
    const x = random([1, 8, 8, 4], 0, 1, "float32", 5);
    const values = x.dataSync() as Float32Array;
    const before = tf.memory().numTensors;
    whenFull(() => {
      const backend = tf.backend() as BackendWasm;
      const last: tf.TensorInfo[] = [];
      // What is left below a block, down to 32 MB.
      for (let size = BLOCK / 2; size >= 2 ** 25; size /= 2) {
        try {
          last.push(backend.makeOutput([size / 4], "float32"));
        } catch {}
      }
      const arrays = backend.numDataIds();
      for (const [name, run] of operations) {
        const attempt = () => tf.tidy(() => run(x));
        expect(attempt, name).toThrow(BackendError);
        expect(attempt, name).toThrow(/wasm: expected \d\.\d\d GB of memory .* Take a smaller batch/);
      }
      expect(backend.numDataIds(), "arrays left behind").toBe(arrays);
      for (const { dataId } of last) backend.disposeData(dataId);
    });
    expect(tf.memory().numTensors).toBe(before);
    expect(x.dataSync()).toEqual(values);
    const sum = tf.tidy(() => tf.sum(tf.add(x, 1)).dataSync()[0]!);
    expect(sum).toBeCloseTo(256 + values.reduce((a, b) => a + b, 0), 3);
    x.dispose();
  });
});
