import { useBackend } from "@latentflow/backend";
import { SeededRandom } from "@latentflow/core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

/** Gradients use flipped and transposed copies of weights that are kept while the weights live: they must follow the weights and go with them. */
describe("prepared weights on wasm", () => {
  beforeAll(async () => void (await useBackend("wasm")));
  const random = new SeededRandom(5);
  const dataIds = () => (tf.backend() as unknown as BackendWasm).numDataIds();
  const inputGradient = (x: tf.Tensor4D, filter: tf.Tensor4D) =>
    tf.grad((image) => tf.sum(tf.square(tf.conv2d(image as tf.Tensor4D, filter, 1, "same"))))(x);
  const largest = (a: tf.Tensor, b: tf.Tensor) => tf.tidy(() => tf.max(tf.abs(tf.sub(a, b))).dataSync()[0]!);

  it("follow a variable that is assigned new values", () => {
    const x = random.normalTensor<tf.Rank.R4>([2, 6, 6, 3]);
    const [first, second] = [random.normalTensor<tf.Rank.R4>([3, 3, 3, 4]), random.normalTensor<tf.Rank.R4>([3, 3, 3, 4])];
    const filter = tf.variable(first) as tf.Variable<tf.Rank.R4>;
    const before = inputGradient(x, filter);
    filter.assign(second);
    const after = inputGradient(x, filter);
    expect(largest(before, inputGradient(x, first))).toBe(0);
    expect(largest(after, inputGradient(x, second))).toBe(0);
    expect(largest(before, after)).toBeGreaterThan(1);
  });

  it("follow a matrix through transposed products, too", () => {
    const x = random.normalTensor<tf.Rank.R2>([40, 30]);
    const weights = tf.variable(random.normalTensor<tf.Rank.R2>([20, 30]));
    for (let step = 0; step < 3; step++) {
      const product = tf.matMul(x, weights, false, true);
      const expected = tf.matMul(x, tf.transpose(weights));
      expect(largest(product, expected)).toBeLessThan(1e-5);
      weights.assign(random.normalTensor<tf.Rank.R2>([20, 30]));
    }
  });

  it("are freed with the weights, however often they were used or reshaped", () => {
    tf.engine().startScope();
    const before = dataIds();
    for (let step = 0; step < 3; step++) {
      const x = random.normalTensor<tf.Rank.R4>([1, 6, 6, 3]);
      const flat = random.normalTensor([3 * 3 * 3 * 4]);
      const filter = tf.reshape(flat, [3, 3, 3, 4]) as tf.Tensor4D;
      flat.dispose();
      for (const stride of [1, 2]) {
        tf.tidy(() => void tf.grad((image) => tf.sum(tf.conv2d(image as tf.Tensor4D, filter, stride, "same")))(x));
        tf.tidy(() => void tf.grad((image) => tf.sum(tf.conv2d(image as tf.Tensor4D, filter, stride, "same")))(x));
      }
      x.dispose();
      filter.dispose();
    }
    expect(dataIds()).toBe(before);
    tf.engine().endScope();
  });

  it("leave no scratch behind in filter gradients and batched products", () => {
    const before = dataIds();
    tf.tidy(() => {
      const x = random.normalTensor<tf.Rank.R4>([2, 9, 8, 3]);
      const filter = random.normalTensor<tf.Rank.R4>([3, 3, 3, 4]);
      for (const stride of [1, 2]) tf.grad((f) => tf.sum(tf.conv2d(x, f as tf.Tensor4D, stride, "valid")))(filter);
      const [a, b] = [random.normalTensor([3, 30, 20]), random.normalTensor([3, 30, 20])];
      tf.matMul(a, b, true, false);
      tf.matMul(a, b, false, true);
    });
    expect(dataIds()).toBe(before);
  });
});
