import { useBackend } from "@latentflow/backend";
import { conv2d, grad, memory, mul, sum, type Tensor4D, tidy } from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { FrozenConvolution } from "../src/frozen-convolution/frozen-convolution.js";
import { seeded } from "./reference.js";

beforeAll(() => useBackend("wasm"));

describe("FrozenConvolution equals conv2d", () => {
  it.each([
    { image: [2, 16, 16, 48], outputs: 64, why: "Winograd" },
    { image: [1, 20, 36, 50], outputs: 51, why: "Winograd, not square, odd channels" },
    { image: [3, 128, 96, 48], outputs: 48, why: "Winograd, more tiles than are worked on at once" },
    { image: [1, 8, 8, 64], outputs: 64, why: "too small an image" },
    { image: [1, 18, 16, 64], outputs: 64, why: "no whole number of tiles" },
    { image: [1, 16, 16, 3], outputs: 64, why: "too few channels" },
  ])("$image → $outputs: $why", ({ image, outputs }) => {
    const filter = mul(seeded("filter", [3, 3, image[3]!, outputs]), 0.1) as Tensor4D;
    const x = seeded("image", image) as Tensor4D;
    const probe = seeded("probe", [...image.slice(0, 3), outputs]);
    const convolution = new FrozenConvolution(filter.clone());
    const before = memory().numTensors;
    tidy(() => {
      for (const [ours, theirs] of [
        [convolution.apply(x), conv2d(x, filter, 1, "same")],
        [
          grad((x) => sum(mul(convolution.apply(x as Tensor4D), probe)))(x),
          grad((x) => sum(mul(conv2d(x as Tensor4D, filter, 1, "same"), probe)))(x),
        ],
      ] as const) {
        const [a, b] = [ours.dataSync(), theirs.dataSync()];
        expect(ours.shape).toEqual(theirs.shape);
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
    convolution.dispose();
    for (const tensor of [filter, x, probe]) tensor.dispose();
  });
});
