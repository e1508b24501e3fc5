import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

describe("tanh on wasm", () => {
  beforeAll(async () => void (await useBackend("wasm")));

  const tanh = (xs: Float32Array) => tf.tidy(() => tf.tanh(tf.tensor1d(xs)).dataSync<"float32">());

  it("is within one float32 rounding of the exact value, from the smallest numbers to saturation", () => {
    const xs = Float32Array.from({ length: 40_001 }, (_, i) => (i / 20_000 - 1) * 10);
    const tiny = Float32Array.from({ length: 160 }, (_, i) => (i % 2 ? -1 : 1) * 2 ** (-i * 0.9));
    for (const inputs of [xs, tiny]) {
      const got = tanh(inputs);
      let worst = 0;
      for (const [i, x] of inputs.entries()) {
        const exact = Math.tanh(x);
        const spacing = Math.max(2 ** -149, 2 ** (Math.floor(Math.log2(Math.abs(exact) || 2 ** -149)) - 23));
        worst = Math.max(worst, Math.abs(got[i]! - exact) / spacing);
      }
      expect(worst).toBeLessThan(0.53);
    }
  });

  it("keeps NaN, infinities and the sign of zero", () => {
    const got = tanh(Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e30, -1e30, -0, 0));
    expect([...got]).toEqual([Number.NaN, 1, -1, 1, -1, -0, 0]);
  });

  it("has its gradient, and tensors without elements", () => {
    const gradient = tf.tidy(() =>
      tf
        .grad((x) => tf.tanh(x))(tf.tensor1d([-2, 0, 0.5]))
        .dataSync(),
    );
    for (const [i, x] of [-2, 0, 0.5].entries()) expect(gradient[i]).toBeCloseTo(1 - Math.tanh(x) ** 2, 6);
    expect(tf.tanh(tf.zeros([0, 3])).shape).toEqual([0, 3]);
  });
});
