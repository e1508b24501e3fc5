import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import { expect } from "vitest";
import type { Case } from "./cases/case.js";
import type { Array64 } from "./reference.js";
import * as ref from "./reference.js";

/** Value, every gradient, and no tensor left behind. */
export function checkCase({ name, shapes, run, reference, domain = (v) => v }: Case): void {
  const random = new SeededRandom([...name].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, 7));
  const inputs = shapes.map((shape) => ({ shape, data: Float64Array.from(random.normals(ref.size(shape)), domain) }));
  const value = reference(...inputs);
  const cotangent = Float64Array.from(random.normals(value.data.length));

  const before = tf.memory().numTensors;
  const tensors = inputs.map(({ shape, data }) => tf.tensor(Float32Array.from(data), [...shape]));
  const dy = tf.tensor(Float32Array.from(cotangent), [...value.shape]);
  const out = tf.tidy(() => run(...tensors));
  expect(out.shape).toEqual(value.shape);
  expectClose(out.dataSync(), value.data, 1e-5, "value");

  const gradients = tf.grads((...args: tf.Tensor[]) => run(...args))(tensors, dy);
  gradients.forEach((gradient, i) => {
    expect(gradient.shape).toEqual(shapes[i]);
    const loss = (...args: Array64[]) => reference(...args).data.reduce((total, y, j) => total + y * cotangent[j]!, 0);
    const expected = once(`${name}/${i}`, () => numericGradient(loss, inputs, i, 1e-5));
    expectClose(gradient.dataSync(), expected, 1e-4, `gradient of input ${i}`);
  });
  tf.dispose([tensors, dy, out, gradients]);
  expect(tf.memory().numTensors).toBe(before);
}

const differences = new Map<string, Float64Array>();

/** Computed once for all backends: the inputs are the same on each. */
export function once(key: string, compute: () => Float64Array): Float64Array {
  const known = differences.get(key);
  if (known !== undefined) return known;
  const computed = compute();
  differences.set(key, computed);
  return computed;
}

/** Central differences in float64, of about two dozen elements spread over the input; the others are NaN and not compared. */
export function numericGradient(
  loss: (...inputs: Array64[]) => number,
  inputs: readonly Array64[],
  which: number,
  h: number,
): Float64Array {
  const { data } = inputs[which]!;
  const gradient = new Float64Array(data.length).fill(Number.NaN);
  const step = Math.max(1, Math.floor(data.length / 24));
  for (let i = 0; i < data.length; i += step) {
    const at = (shift: number) => {
      const moved = data.slice();
      moved[i]! += shift;
      return loss(...inputs.map((input, j) => (j === which ? { ...input, data: moved } : input)));
    };
    gradient[i] = (at(h) - at(-h)) / (2 * h);
  }
  return gradient;
}

/** Largest difference relative to the largest magnitude expected. */
export function expectClose(got: ArrayLike<number>, expected: Float64Array, tolerance: number, what: string): void {
  expect(got.length).toBe(expected.length);
  const scale = expected.reduce((largest, value) => (Number.isNaN(value) ? largest : Math.max(largest, Math.abs(value))), 1e-3);
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i])) continue;
    const error = Math.abs(got[i]! - expected[i]!) / scale;
    if (!(error <= tolerance))
      throw new Error(`${what}[${i}]: expected ${expected[i]}, got ${got[i]} (relative error ${error.toExponential(2)}).`);
  }
}
