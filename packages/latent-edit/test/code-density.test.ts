import "@tensorflow/tfjs-backend-cpu";
import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { toMatrix } from "../src/input/matrix.js";
import { CodeDensity } from "../src/model/code-density.js";

beforeAll(() => tf.setBackend("cpu"));

const [ROWS, D] = [4000, 3];
const MEAN = [1, -2, 0.5];
/** Lower triangular L of the covariance LLᵀ. */
const L = [
  [2, 0, 0],
  [0.5, 1, 0],
  [-1, 0.3, 0.2],
];

/** μ + Lz, exactly so where z is given. */
const place = (z: readonly number[]) => L.map((row, i) => MEAN[i]! + row.reduce((sum, x, k) => sum + x * z[k]!, 0));
const leaky = (x: number) => (x < 0 ? 0.2 * x : x);

function sample(after: (x: number) => number) {
  const random = new SeededRandom(8);
  const rows = Array.from({ length: ROWS }, () => place(Array.from(random.normals(D))).map(after));
  return toMatrix("test", "codes", rows);
}

const distanceOf = (density: CodeDensity, code: number[]) => tf.tidy(() => density.distance(tf.tensor2d([code])).dataSync()[0]!);

describe.each([
  ["normal codes", (x: number) => x, 1],
  ["codes after a leaky ReLU", leaky, 0.2],
] as const)("%s", (_, after, slope) => {
  const density = CodeDensity.fit(sample(after));

  it("are told from the others", () => expect(density.negativeSlope).toBe(slope));

  it("the distance of a code is that of the normal number behind it, |z|²/d, as far as 4,000 codes tell", () => {
    for (const z of [
      [1, 0, 0],
      [-2, 1, 0.5],
      [3, -3, 3],
    ]) {
      const expected = z.reduce((sum, x) => sum + x * x, 0) / D;
      expect(Math.abs(distanceOf(density, place(z).map(after)) / expected - 1)).toBeLessThan(0.15);
    }
    expect(distanceOf(density, MEAN.map(after))).toBeLessThan(0.01);
  });

  it("the excess is the growth of the distance, 0 towards the middle, with finite gradients", () => {
    const at = (z: number[]) => tf.tensor2d([place(z).map(after)]);
    const [near, far] = [
      [0.5, 0.5, 0.5],
      [2, -2, 1],
    ].map(at) as [tf.Tensor2D, tf.Tensor2D];
    const grown = density.excess(far, near).dataSync()[0]!;
    const distances = [far, near].map((w) => density.distance(w).dataSync()[0]!);
    expect(grown).toBeCloseTo(distances[0]! - distances[1]!, 5);
    expect(density.excess(near, far).dataSync()[0]).toBe(0);
    const gradient = tf.grad((w) => density.excess(w as tf.Tensor2D, near))(far);
    expect(Array.from(gradient.dataSync()).every((x) => Number.isFinite(x) && x !== 0)).toBe(true);
  });
});

it("the mean distance of the codes themselves is 1, but for the ridge", () => {
  const codes = sample((x) => x);
  const density = CodeDensity.fit(codes);
  const before = tf.memory().numTensors;
  const mean = tf.tidy(() => tf.mean(density.distance(tf.tensor2d(Float32Array.from(codes.data), [ROWS, D]))).dataSync()[0]!);
  expect(mean).toBeGreaterThan(0.95);
  expect(mean).toBeLessThan(1);
  expect(tf.memory().numTensors).toBe(before);
});

it("fewer codes than dimensions, or codes that are all the same, have a density, too", () => {
  for (const rows of [
    [[1, 2, 3, 4]],
    [
      [1, 2, 3, 4],
      [1, 2, 3, 5],
    ],
  ]) {
    const density = CodeDensity.fit(toMatrix("test", "codes", rows));
    expect(Number.isFinite(distanceOf(density, [3, 2, 1, 0]))).toBe(true);
  }
});
