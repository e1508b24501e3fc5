import { useBackend } from "@latentflow/backend";
import {
  backend,
  conv2d,
  conv2dTranspose,
  grad,
  memory,
  mul,
  sum,
  type Tensor,
  type Tensor4D,
  tidy,
} from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { FrozenConvolution } from "../src/kernels/frozen-convolution.js";
import { seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

describe("FrozenConvolution, up, equals conv2dTranspose", () => {
  it.each([
    { image: [2, 16, 16, 48], outputs: 64, why: "minimal filtering" },
    { image: [1, 17, 24, 48], outputs: 56, why: "minimal filtering, any size" },
    { image: [1, 17, 24, 50], outputs: 51, why: "odd channels" },
    { image: [3, 96, 80, 48], outputs: 48, why: "minimal filtering, more tiles than are worked on at once" },
    { image: [3, 4, 5, 16], outputs: 24, why: "minimal filtering, nothing but edges" },
    { image: [1, 3, 8, 64], outputs: 64, why: "too small an image" },
  ])("$image → $outputs: $why", ({ image, outputs }) => {
    const [n, h, w, inputs] = image as [number, number, number, number];
    const before = numDataIds();
    const filter = tidy(() => mul(seeded("filter", [3, 3, outputs, inputs]), 0.1) as Tensor4D);
    const theirs = (x: Tensor) => conv2dTranspose(x as Tensor4D, filter, [n, 2 * h + 1, 2 * w + 1, outputs], 2, "valid");
    const convolution = new FrozenConvolution(filter.clone(), { up: true });
    expectEqual((x) => convolution.apply(x as Tensor4D), theirs, image);
    convolution.dispose();
    filter.dispose();
    expect(numDataIds()).toBe(before);
  });
});

describe("FrozenConvolution equals conv2d", () => {
  it.each([
    { image: [2, 16, 16, 48], outputs: 64, why: "Winograd" },
    { image: [1, 20, 36, 56], outputs: 64, why: "Winograd, not square" },
    { image: [1, 20, 36, 50], outputs: 51, why: "odd channels" },
    { image: [3, 128, 96, 48], outputs: 48, why: "Winograd, more tiles than are worked on at once" },
    { image: [3, 5, 7, 16], outputs: 24, why: "Winograd, no whole number of tiles" },
    { image: [2, 4, 4, 16], outputs: 16, why: "Winograd, nothing but edges" },
    { image: [1, 3, 8, 64], outputs: 64, why: "too small an image" },
    { image: [1, 16, 16, 3], outputs: 64, why: "too few channels" },
  ])("$image → $outputs: $why", ({ image, outputs }) => {
    const before = numDataIds();
    const filter = tidy(() => mul(seeded("filter", [3, 3, image[3]!, outputs]), 0.1) as Tensor4D);
    const convolution = new FrozenConvolution(filter.clone());
    expectEqual(
      (x) => convolution.apply(x as Tensor4D),
      (x) => conv2d(x as Tensor4D, filter, 1, "same"),
      image,
    );
    convolution.dispose();
    filter.dispose();
    expect(numDataIds()).toBe(before);
  });
});

/** Values and gradients agree, and nothing is left behind. */
function expectEqual(ours: (x: Tensor) => Tensor, theirs: (x: Tensor) => Tensor, image: readonly number[]): void {
  const before = memory().numTensors;
  tidy(() => {
    const x = seeded("image", image);
    const probe = seeded("probe", theirs(x).shape);
    const gradientOf = (f: (x: Tensor) => Tensor) => grad((x) => sum(mul(f(x), probe)))(x);
    for (const [found, expected] of [
      [ours(x), theirs(x)],
      [gradientOf(ours), gradientOf(theirs)],
    ] as const) {
      const [a, b] = [found.dataSync(), expected.dataSync()];
      expect(found.shape).toEqual(expected.shape);
      let worst = 0;
      let largest = 0;
      for (let i = 0; i < a.length; i++) {
        worst = Math.max(worst, Math.abs(a[i]! - b[i]!));
        largest = Math.max(largest, Math.abs(b[i]!));
      }
      // Winograd's transforms lose about one digit of float32's seven.
      expect(worst / largest).toBeLessThan(1e-5);
    }
  });
  expect(memory().numTensors).toBe(before);
}

/** What the backend holds, prepared filters and scratch included. */
const numDataIds = () => (backend() as unknown as { numDataIds(): number }).numDataIds();
