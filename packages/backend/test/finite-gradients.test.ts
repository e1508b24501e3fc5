import { useBackend } from "@latentflow/backend";
import * as tf from "@tensorflow/tfjs-core";
import { beforeAll, describe, expect, it } from "vitest";

/** At points where the gradient is finite, although something on the way to it is not. */
for (const name of ["cpu", "wasm"] as const) {
  describe(`on ${name}`, () => {
    beforeAll(async () => void (await useBackend(name)));

    /** Gradients of the sum, all inputs' one after the other; −0 is 0. */
    function gradients(f: (...x: tf.Tensor[]) => tf.Tensor, ...inputs: number[][]): number[] {
      return tf.tidy(() => {
        const found = tf.grads((...x) => tf.sum(f(...x)))(inputs.map((values) => tf.tensor1d(values)));
        return found.flatMap((gradient) => Array.from(gradient.dataSync(), (value) => value + 0));
      });
    }
    const second = (f: (x: tf.Tensor) => tf.Tensor, at: number[]) => gradients((x) => tf.grad((x) => tf.sum(f(x)))(x), at);
    function expectClose(found: number[], wanted: number[]): void {
      expect(found.map((value, i) => Math.abs(value - wanted[i]!) <= 1e-5 * Math.max(1e-30, Math.abs(wanted[i]!)))).toEqual(
        wanted.map(() => true),
      );
    }
    const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

    it("logSigmoid of an intermediate result", () => {
      const at = [-100, -1, 0, 2];
      const before = tf.memory().numTensors;
      const f = (x: tf.Tensor) => tf.logSigmoid(tf.mul(x, 2));
      expectClose(
        gradients(f, at),
        at.map((x) => 2 * sigmoid(-2 * x)),
      );
      expectClose(
        second(f, [-1, 0, 2]),
        [-1, 0, 2].map((x) => -4 * sigmoid(2 * x) * sigmoid(-2 * x)),
      );
      expect(tf.memory().numTensors).toBe(before);
      const weight = tf.tidy(() => tf.variable(tf.scalar(3)));
      const { value, grads } = tf.variableGrads(() => tf.logSigmoid(tf.mul(weight, 2)) as tf.Scalar, [weight]);
      expectClose([grads[weight.name]!.dataSync()[0]!], [2 * sigmoid(-6)]);
      tf.dispose([value, grads, weight]);
      expect(tf.memory().numTensors).toBe(before);
    });

    it("divNoNan where the divisor is 0: 0, as in TensorFlow; elsewhere that of the quotient", () => {
      expect(gradients((a, b) => tf.divNoNan(a!, b!), [1, 0, 3], [0, 0, 2])).toEqual([0, 0, 0.5, 0, 0, -0.75]);
      expect(gradients((a, b) => tf.sqrt(tf.divNoNan(a!, b!)), [1], [0])).toEqual([0, 0]);
      const [a, b] = [tf.tensor1d([1, 3]), tf.tensor1d([0, 2])];
      const slope = tf.grad((b: tf.Tensor) => tf.sum(tf.grad((b) => tf.divNoNan(a, b))(b)))(b);
      expect(Array.from(slope.dataSync())).toEqual([0, 0.75]);
      tf.dispose([a, b, slope]);
      const summed = tf.grads((a, b) => tf.divNoNan(a!, b!))([tf.ones([2, 3]), tf.tensor1d([0, 2, 4])]);
      expect(summed.map((gradient) => Array.from(gradient.dataSync(), (value) => value + 0))).toEqual([
        [0, 0.5, 0.25, 0, 0.5, 0.25],
        [0, -0.5, -0.125],
      ]);
      tf.dispose(summed);
    });

    it("the norm of a zero vector: 0, as in PyTorch", () => {
      expect(gradients((x) => tf.norm(x!), [0, 0, 0])).toEqual([0, 0, 0]);
      expect(gradients((x) => tf.euclideanNorm(x!), [0])).toEqual([0]);
      expect(second((x) => tf.norm(x), [0, 0])).toEqual([0, 0]);
      const rows = (x: tf.Tensor, axis: number | [number, number]) => tf.norm(tf.reshape(x, [1, 2, 2]), "euclidean", axis);
      expect(gradients((x) => rows(x!, 2), [0, 0, 3, 4])).toEqual([0, 0, Math.fround(0.6), Math.fround(0.8)]);
      expect(gradients((x) => rows(x!, [1, 2]), [0, 0, 0, 0])).toEqual([0, 0, 0, 0]);
      // By itself the root has an infinite slope there.
      expect(gradients((x) => tf.sqrt(x!), [0])).toEqual([Number.POSITIVE_INFINITY]);
    });

    it("a quotient and an angle whose divisor's square leaves float32", () => {
      expectClose(
        gradients((a, b) => tf.div(a!, b!), [0, 1e-30, 1e25], [1e-25, 1e-25, 1e25]),
        [...[1e25, 1e25, 1e-25], ...[0, -1e20, -1e-25]],
      );
      expectClose(
        gradients((a, b) => tf.atan2(a!, b!), [0, 1e-25, 1e25], [1e-25, 1e-25, 1e25]),
        [...[1e25, 5e24, 5e-26], ...[0, -5e24, -5e-26]],
      );
    });

    it("an angle at (0, 0), where none is right: 0, as in PyTorch", () => {
      expect(gradients((a, b) => tf.atan2(a!, b!), [0, 0, -0], [0, -0, 0])).toEqual([0, 0, 0, 0, 0, 0]);
    });

    it("SELU's second derivative where e^x is infinite", () => {
      expect(second((x) => tf.selu(x), [100, 1])).toEqual([0, 0]);
      const [scaleAlpha, x] = [1.7580993408473768, -0.5];
      expectClose(
        second((x) => tf.selu(x), [x]),
        [scaleAlpha * Math.exp(x)],
      );
    });

    it("sigmoid cross entropy at logits of 0, where two kinks cancel", () => {
      const labels = tf.tensor1d([0, 1]);
      expect(gradients((x) => tf.mul(2, tf.losses.sigmoidCrossEntropy(labels, x!)), [0, 0])).toEqual([0.5, -0.5]);
      labels.dispose();
    });
  });
}
