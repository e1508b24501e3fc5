import { BackendError, useBackend } from "@latentflow/backend";
import { addressOf, type BackendWasm } from "@latentflow/backend/wasm";
import { backend, concat, grads, memory, reshape, square, sum, type Tensor, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { aboveTwoGigabytes } from "../../../tools/above-two-gigabytes.js";
import { Blur } from "../src/kernels/blur.js";
import { FrozenConvolution } from "../src/kernels/frozen-convolution.js";
import { scaleChannels } from "../src/kernels/scale-channels.js";
import { styledActivation } from "../src/kernels/styled-activation.js";
import { seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

const [n, side, c] = [2, 9, 16];
const wasm = () => backend() as BackendWasm;

/** Values and gradients with respect to all inputs. */
function allOf(f: (...inputs: Tensor[]) => Tensor, ...shapes: number[][]): number[] {
  return tidy(() => {
    const inputs = shapes.map((shape, i) => seeded(`input ${i}`, shape));
    const results = [f(...inputs), ...grads((...x: Tensor[]) => sum(square(f(...x))))(inputs)];
    return Array.from(concat(results.map((result) => reshape(result, [-1]))).dataSync());
  });
}

const image = [n, side, side, c];
const operations: Readonly<Record<string, () => number[]>> = {
  scaleChannels: () => allOf(scaleChannels as never, image, [n, c]),
  styledActivation: () =>
    allOf(
      (y, demodulation, noise, bias) => styledActivation(y as never, { demodulation, noise, bias, clamp: 1 } as never),
      image,
      [n, c],
      [n, side, side, 1],
      [c],
    ),
  Blur: () => {
    const blur = new Blur([c]);
    try {
      return allOf((x) => blur.apply(x as Tensor4D), image);
    } finally {
      blur.dispose();
    }
  },
  ...Object.fromEntries(
    [false, true].map((up) => [
      `FrozenConvolution, up: ${up}`,
      () => {
        const convolution = new FrozenConvolution(seeded("filter", [3, 3, c, c]) as Tensor4D, { up });
        try {
          return allOf((x) => convolution.apply(x as Tensor4D), image);
        } finally {
          convolution.dispose();
        }
      },
    ]),
  ),
};

describe("the kernels for wasm", () => {
  it("compute the same above 2 GB", () => {
    const all = () => Object.entries(operations).map(([name, run]) => [name, run()]);
    const below = all();
    aboveTwoGigabytes(() => {
      const x = seeded("image", image);
      expect(addressOf(wasm(), x)).toBeGreaterThan(2 ** 31);
      x.dispose();
      expect(all()).toEqual(below);
    });
  });

  it.each(Object.entries(operations))("%s: address 0 is an error, and nothing is left behind", (_name, run) => {
    const before = [memory().numTensors, wasm().numDataIds()];
    // As when tfjs's own check of its memory is not there, since useBackend did not start it.
    const on = wasm();
    const makeOutput = on.makeOutput;
    on.makeOutput = (shape, dtype) => makeOutput.call(on, shape, dtype, 0);
    try {
      expect(run).toThrow(BackendError);
      expect(run).toThrow(/^wasm: expected 0\.00 GB of memory for a tensor, got none: .* Take a smaller batch/);
    } finally {
      on.makeOutput = makeOutput;
    }
    expect([memory().numTensors, wasm().numDataIds()]).toEqual(before);
    expect(run().every(Number.isFinite)).toBe(true);
  });
});
