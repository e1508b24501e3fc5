import { BackendError, useBackend } from "@latentflow/backend";
import { addressOf, allocate, floats, floatsOf, heapBytes, integers, release } from "@latentflow/backend/wasm";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { aboveTwoGigabytes } from "../../../tools/above-two-gigabytes.js";

const GIGABYTE = 2 ** 30;
/** Of float32 or int32 these are 16 MB. */
const ROWS = 4_000_000;

beforeAll(async () => void (await useBackend("wasm")));

const wasm = () => tf.backend() as BackendWasm;
const seeded = (seed: number, shape: number[]) =>
  (tf.randomUniform as (shape: number[], low: number, high: number, dtype: "float32", seed: number) => tf.Tensor)(
    shape,
    -1,
    1,
    "float32",
    seed,
  );

describe("addresses", () => {
  it("above 2 GB are positive, also those that tfjs has as negative numbers, and views lie there", () => {
    aboveTwoGigabytes(() => {
      const owner = tf.tensor1d([1, 2, 3, 4]);
      const address = addressOf(wasm(), owner);
      expect(address).toBeGreaterThan(2 * GIGABYTE);
      // What tfjs's own kernels have made for themselves comes as an int32.
      const signed = wasm().makeOutput([4], "float32", address | 0);
      expect(wasm().getMemoryOffset(signed.dataId)).toBeLessThan(0);
      expect(addressOf(wasm(), signed)).toBe(address);
      expect([...floats(wasm(), signed)]).toEqual([1, 2, 3, 4]);
      expect(integers(wasm(), signed)[0]).toBe(0x3f800000);
      expect(floatsOf(wasm(), owner, signed).map(({ byteOffset }) => byteOffset)).toEqual([address, address]);
      owner.dispose();
    });
  });

  it("0 is no memory: the error says how much was needed and what to do", () => {
    const nowhere = wasm().makeOutput([GIGABYTE / 16, 2], "float32", 0);
    for (const use of [addressOf, floats, integers, floatsOf]) {
      expect(() => use(wasm(), nowhere)).toThrow(BackendError);
      expect(() => use(wasm(), nowhere)).toThrow(/wasm: expected 0\.50 GB of memory .* got none: .* Take a smaller batch/);
    }
    const empty = wasm().makeOutput([0, 3], "float32", 0);
    expect([addressOf(wasm(), empty), floats(wasm(), empty).length]).toEqual([0, 0]);
    release(wasm(), nowhere, empty);
  });

  it("0 from an allocation, as on a backend that useBackend did not start, is an error that leaves nothing behind", () => {
    const { wasm: module } = wasm() as unknown as { wasm: { _malloc(bytes: number): number } };
    const malloc = module._malloc;
    const before = wasm().numDataIds();
    module._malloc = () => 0;
    try {
      expect(() => allocate(wasm(), [100_000_000])).toThrow(/^wasm: expected 0\.37 GB of memory for a tensor, got none/);
    } finally {
      module._malloc = malloc;
    }
    expect(wasm().numDataIds()).toBe(before);
  });
});

/** Kernels of ours that read and write the heap themselves. */
const operations: Readonly<Record<string, () => tf.Tensor>> = {
  tanh: () => tf.tanh(seeded(1, [40])),
  prelu: () => tf.prelu(seeded(1, [3, 4]), seeded(2, [3, 1])),
  oneHot: () => tf.oneHot(tf.tensor1d([2, 0], "int32"), 3, 1, 0, "float32"),
  "gather with batch axes": () =>
    tf.gather(
      seeded(1, [2, 3, 2]),
      tf.tensor2d(
        [
          [2, 0],
          [1, 1],
        ],
        undefined,
        "int32",
      ),
      1,
      1,
    ),
  "unsorted segment sum": () => tf.unsortedSegmentSum(seeded(1, [4, 3]), tf.tensor1d([1, 0, 1, 2], "int32"), 3),
  "product of a batch": () => tf.matMul(seeded(1, [2, 24, 24]), seeded(2, [2, 24, 24]), false, true),
  "gradients of conv2d": () => gradients((x, w) => tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 2, "same"), [3, 3, 2, 4]),
  "gradients of depthwiseConv2d": () =>
    gradients((x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same"), [3, 3, 2, 2]),
  "gradient of maxPool": () =>
    tf.grad((x) => tf.sum(tf.square(tf.maxPool(x as tf.Tensor4D, 2, 2, "same"))))(seeded(1, [1, 5, 5, 2])),
};

function gradients(f: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor, filter: number[]): tf.Tensor {
  const found = tf.grads((x, w) => tf.sum(tf.square(f(x!, w!))))([seeded(1, [1, 6, 6, 2]), seeded(2, filter)]);
  return tf.concat(found.map((gradient) => tf.reshape(gradient, [-1])));
}

describe("our kernels", () => {
  it("give the same above 2 GB", () => {
    const all = () => Object.entries(operations).map(([name, run]) => [name, [...tf.tidy(run).dataSync()]]);
    const below = all();
    aboveTwoGigabytes(() => {
      const probe = allocate(wasm(), [4]);
      expect(addressOf(wasm(), probe)).toBeGreaterThan(2 * GIGABYTE);
      expect(all()).toEqual(below);
      release(wasm(), probe);
    });
  });

  it.each<[kernel: string, moved: string, inputs: Record<string, () => tf.Tensor>, attributes: object]>([
    [
      "UnsortedSegmentSum",
      "segmentIds",
      { x: () => tf.ones([ROWS]), segmentIds: () => tf.zeros([ROWS], "int32") },
      { numSegments: 1 },
    ],
    [
      "DepthwiseConv2dNativeBackpropFilter",
      "dy",
      { x: () => tf.ones([1, 1, ROWS, 1]), dy: () => tf.ones([1, 1, ROWS, 1]) },
      { strides: 1, pad: "valid", dilations: 1, filterShape: [1, 1, 1, 1] },
    ],
    [
      "DepthwiseConv2dNativeBackpropInput",
      "filter",
      { dy: () => tf.ones([1, 1, 1, ROWS]), filter: () => tf.ones([1, 1, 1, ROWS]) },
      { strides: 1, pad: "valid", dilations: 1, inputShape: [1, 1, 1, 1] },
    ],
    [
      "ResizeNearestNeighborGrad",
      "dy",
      { images: () => tf.ones([1, 1, 1, 1]), dy: () => tf.ones([1, 1, ROWS, 1]) },
      { alignCorners: false, halfPixelCenters: false },
    ],
  ])("%s, whose %s still lives on another backend and makes the heap grow", async (kernel, moved, inputs, attributes) => {
    await useBackend("cpu");
    const there = inputs[moved]!();
    await useBackend("wasm");
    const given = Object.fromEntries(Object.entries(inputs).map(([name, make]) => [name, name === moved ? there : make()]));
    // Hardly any room is left in what the heap has grown to.
    const megabyte = 2 ** 20;
    const filling = [allocate(wasm(), [megabyte])];
    while (addressOf(wasm(), filling.at(-1)!) + 10 * megabyte < heapBytes(wasm()).length)
      filling.push(allocate(wasm(), [megabyte]));
    const size = heapBytes(wasm()).length;
    const result = tf.engine().runKernel(kernel, given, attributes as tf.NamedAttrMap) as tf.Tensor;
    expect(heapBytes(wasm()).length).toBeGreaterThan(size);
    expect([...result.dataSync()]).toEqual([ROWS]);
    tf.dispose([result, given]);
    release(wasm(), ...filling);
  });
});
