import { SeededRandom } from "@latentflow/core";
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";
import { useBackend } from "../src/index.js";

beforeAll(() => useBackend("wasm"));

const random = new SeededRandom(3);
const matrix = (rows: number, columns: number) => random.normalTensor<tf.Rank.R2>([rows, columns]);
/** The same numbers as data that no kernel has met. */
const fresh = (x: tf.Tensor) => tf.tensor2d(x.dataSync().slice(), x.shape as [number, number]);

function expectSame(found: tf.Tensor, expected: tf.Tensor): void {
  expect(found.shape).toEqual(expected.shape);
  expect(tf.max(tf.abs(tf.sub(found, expected))).dataSync()[0]).toBeLessThan(1e-4);
}

describe("a right operand in a second shape", () => {
  it.each([
    [12, 5],
    [5, 12],
    [40, 60],
  ])("[%i, %i], then turned round", (rows, columns) => {
    const [left, right, other] = [matrix(7, rows), matrix(rows, columns), matrix(6, columns)];
    tf.matMul(left, right);
    const turned = (x: tf.Tensor) => tf.reshape(x, [columns, rows]);
    for (const reshaped of [turned(right), turned(tf.clone(right))]) {
      expectSame(tf.matMul(other, reshaped), tf.matMul(other, fresh(reshaped)));
      expectSame(tf.fused.matMul({ a: other, b: reshaped, activation: "relu" }), tf.relu(tf.matMul(other, fresh(reshaped))));
    }
    expectSame(tf.matMul(left, right), tf.matMul(left, fresh(right)));
  });

  it("that tfjs kept for a gradient", () => {
    const before = (tf.backend() as unknown as BackendWasm).numDataIds();
    tf.tidy(() => {
      const [a, column] = [matrix(30, 40), matrix(40, 1)];
      const row = (x: tf.Tensor) => tf.reshape(x, [1, 40]);
      const gradient = (b: tf.Tensor2D) => tf.grad((x) => tf.sum(tf.square(tf.matMul(x as tf.Tensor2D, row(b), false, true))))(a);
      const first = gradient(column);
      expectSame(tf.matMul(a, column), tf.matMul(a, fresh(column)));
      expectSame(first, gradient(fresh(column)));
      expectSame(gradient(column), first);
    });
    expect((tf.backend() as unknown as BackendWasm).numDataIds()).toBe(before);
  });
});
