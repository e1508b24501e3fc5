import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

for (const name of ["cpu", "wasm"] as const) {
  describe(`on ${name}`, () => {
    beforeAll(async () => void (await useBackend(name)));

    it.runIf(name === "wasm")("a product over nothing is zero (the stock cpu kernel has no empty products)", () => {
      const product = tf.matMul(tf.zeros([3, 0]), tf.zeros([0, 4]));
      expect(product.shape).toEqual([3, 4]);
      expect(Array.from(product.dataSync())).toEqual(new Array(12).fill(0));
      expect(tf.matMul(tf.zeros([0, 3]), tf.zeros([3, 4])).shape).toEqual([0, 4]);
      expect(tf.matMul(tf.zeros([2, 3, 0]), tf.zeros([2, 0, 4])).dataSync()).toEqual(new Float32Array(24));
    });

    it("rounding up is refused where the numbers would be wrong, with what to do", () => {
      const x = tf.ones<tf.Rank.R4>([1, 5, 5, 1]);
      if (name === "wasm") {
        const filter = tf.ones<tf.Rank.R4>([2, 2, 1, 1]);
        expect(() => tf.conv2d(x, filter, 2, 0, "NHWC", 1, "ceil")).toThrow("Pad the input instead");
      }
      expect(() => tf.grad((image) => tf.avgPool(image as tf.Tensor4D, 2, 2, 0, "ceil"))(x)).toThrow("Pad the input instead");
    });

    it("a kernel shorter than its stride leaves a zero gradient where it never looks", () => {
      const gradient = tf.grad((image) => tf.conv2d(image as tf.Tensor4D, tf.ones([1, 1, 1, 1]), 2, "valid"))(
        tf.ones([1, 4, 4, 1]),
      );
      expect(Array.from(gradient.dataSync())).toEqual([1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0]);
    });
  });
}
