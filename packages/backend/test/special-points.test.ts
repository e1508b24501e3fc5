import { BackendError, useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

for (const name of ["cpu", "wasm"] as const) {
  describe(`on ${name}`, () => {
    beforeAll(async () => void (await useBackend(name)));

    const gradient = (f: (x: tf.Tensor) => tf.Tensor, values: number[]) =>
      tf.tidy(() => Array.from(tf.grad(f)(tf.tensor1d(values)).dataSync()));

    it("a product's gradient at zeros is the product of the other factors", () => {
      expect(gradient((x) => tf.prod(x), [0, 2, 3])).toEqual([6, 0, 0]);
      expect(gradient((x) => tf.prod(x), [0, 0, 3])).toEqual([0, 0, 0]);
      expect(gradient((x) => tf.prod(x), [0])).toEqual([1]);
      expect(gradient((x) => tf.sum(tf.cumprod(x)), [0, 2, 3])).toEqual([9, 0, 0]);
    });

    it("x⁰ is constant and x¹ has slope 1, at 0 as elsewhere, and so have their second derivatives", () => {
      expect(gradient((x) => tf.pow(x, 0), [0, 1, -2])).toEqual([0, 0, -0]);
      expect(gradient((x) => tf.pow(x, 1), [0, 1, -2])).toEqual([1, 1, 1]);
      expect(gradient((x) => tf.pow(x, tf.scalar(2, "int32")), [0, 3])).toEqual([0, 6]);
      const second = (exponent: number) =>
        gradient(
          tf.grad((x) => tf.pow(x, exponent)),
          [0, 1],
        );
      expect([second(0), second(1), second(2)]).toEqual([
        [0, 0],
        [0, 0],
        [2, 2],
      ]);
      const [, byExponent] = tf.grads((x, p) => tf.pow(x, p))([tf.tensor1d([0, 0]), tf.tensor1d([2, 0])]) as tf.Tensor[];
      expect(Array.from(byExponent!.dataSync())).toEqual([0, 0]);
    });

    it("equal maxima and minima share a gradient", () => {
      expect(gradient((x) => tf.max(x), [1, 1, 0])).toEqual([0.5, 0.5, 0]);
      expect(gradient((x) => tf.min(x), [1, 0, 0])).toEqual([0, 0.5, 0.5]);
    });

    it("reflection hands the padding's gradient back: 1, 3, 1 for three pixels padded by one", () => {
      expect(gradient((x) => tf.mirrorPad(x, [[1, 1]], "reflect"), [1, 2, 3])).toEqual([1, 3, 1]);
    });

    it("max pooling has a second derivative", () => {
      const squares = (x: tf.Tensor) => tf.square(tf.maxPool(tf.reshape(x, [1, 2, 2, 1]) as tf.Tensor4D, 2, 2, "valid"));
      expect(gradient(tf.grad(squares), [-1, -2, -3, -4])).toEqual([2, 0, 0, 0]);
    });

    it("softmax cross entropy has a second derivative", () => {
      const loss = (x: tf.Tensor) => tf.losses.softmaxCrossEntropy(tf.tensor2d([[1, 0]]), tf.reshape(x, [1, 2]));
      const [first, second] = gradient(tf.grad(loss), [0.3, -0.2]) as [number, number];
      // Each row of the Hessian sums to zero; tf.grad adds up the rows.
      expect(first).toBeCloseTo(0, 6);
      expect(second).toBeCloseTo(0, 6);
      const p = 1 / (1 + Math.exp(-0.5));
      const curvature = gradient((x) => tf.slice(tf.grad(loss)(x), 0, 1), [0.3, -0.2]);
      expect(curvature[0]).toBeCloseTo(p * (1 - p), 5);
      expect(curvature[1]).toBeCloseTo(-p * (1 - p), 5);
    });

    it("scatter updates leave their input as it was", () => {
      const x = tf.tensor1d([1, 2, 3]);
      const updated = tf.tensorScatterUpdate(x, tf.tensor2d([[1]], [1, 1], "int32"), tf.tensor1d([9]));
      expect([Array.from(x.dataSync()), Array.from(updated.dataSync())]).toEqual([
        [1, 2, 3],
        [1, 9, 3],
      ]);
    });

    it("sizes that were rounded up have no gradient, in any pooling or convolution", () => {
      const image = tf.ones<tf.Rank.R4>([1, 6, 6, 1]);
      const volume = tf.ones<tf.Rank.R5>([1, 6, 6, 6, 1]);
      const filter = tf.ones<tf.Rank.R4>([3, 3, 1, 1]);
      for (const mode of ["ceil", "round"] as const) {
        for (const f of [
          (x: tf.Tensor) => tf.conv2d(x as tf.Tensor4D, filter, 2, 1, "NHWC", 1, mode),
          (x: tf.Tensor) => tf.depthwiseConv2d(x as tf.Tensor4D, filter, 2, 1, "NHWC", 1, mode),
          (x: tf.Tensor) => tf.maxPool(x as tf.Tensor4D, 3, 2, 1, mode),
          (x: tf.Tensor) => tf.avgPool(x as tf.Tensor4D, 3, 2, 1, mode),
        ])
          expect(() => tf.grad(f)(image)).toThrow(BackendError);
        expect(() => tf.grad((x) => tf.maxPool3d(x as tf.Tensor5D, 3, 2, 1, mode))(volume)).toThrow(BackendError);
        expect(() => tf.grad((x) => tf.avgPool3d(x as tf.Tensor5D, 3, 2, 1, mode))(volume)).toThrow(BackendError);
      }
      const exact = tf.grad((x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 0, "round"))(image);
      expect(exact.shape).toEqual([1, 6, 6, 1]);
    });

    it("what has no gradient says what to write instead", () => {
      const indices = tf.tensor1d([0], "int32");
      const refusals: [string, (x: tf.Tensor) => tf.Tensor, number[]][] = [
        [
          "slice and tf.image.resizeBilinear",
          (x) => tf.image.cropAndResize(x as tf.Tensor4D, [[0, 0, 1, 1]], indices, [2, 2]),
          [1, 2, 2, 1],
        ],
        ["Rotate before", (x) => tf.image.rotateWithOffset(x as tf.Tensor4D, 0.3), [1, 2, 2, 1]],
        ["Transform before", (x) => tf.image.transform(x as tf.Tensor4D, [[1, 0, 0, 0, 1, 0, 0, 0]]), [1, 2, 2, 1]],
        ["gather them", (x) => tf.unique(x as tf.Tensor1D).values, [3]],
        ["scatterND", (x) => tf.sparseToDense(tf.tensor1d([0, 2], "int32"), x, [3], 0), [2]],
        ["unsortedSegmentSum", (x) => tf.bincount(tf.tensor1d([0, 1], "int32"), x as tf.Tensor1D, 2), [2]],
      ];
      if (name === "cpu") {
        refusals.push(
          ["matMul", (x) => tf.einsum("ij->i", x), [2, 2]],
          ["two tensors", (x) => tf.real(tf.complex(x, x)), [2]],
          ["two tensors", (x) => tf.abs(tf.spectral.rfft(x)), [4]],
        );
      }
      for (const [advice, f, shape] of refusals) {
        expect(() => tf.grad(f)(tf.ones(shape))).toThrow(BackendError);
        expect(() => tf.grad(f)(tf.ones(shape))).toThrow(advice);
      }
    });
  });
}
