import { SeededRandom } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";
import type { Array64 } from "./reference.js";
import * as ref from "./reference.js";

/**
 * A scalar that contains a gradient, differentiated once more. `expected` is the same scalar in float64 with the inner gradient by central
 * differences, so that its outer gradient, again by differences, is independent of tfjs.
 */
export interface SecondOrderCase {
  readonly name: string;
  readonly parameters: readonly Array64[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Scalar;
  readonly expected: (...inputs: Array64[]) => number;
}

const random = new SeededRandom(11);
const normal = (shape: readonly number[], deviation = 1): Array64 => ({
  shape,
  data: Float64Array.from(random.normals(ref.size(shape), 0, deviation)),
});
const leaky = (x: Array64) => ref.map(x, (v) => (v > 0 ? v : 0.2 * v));

/** The squared length of dScore/dInput in float64. */
function squaredGradient(score: (x: Array64) => number, x: Array64): number {
  const h = 1e-5;
  return x.data.reduce((total, _, i) => {
    const at = (shift: number) => {
      const data = x.data.slice();
      data[i]! += shift;
      return score({ ...x, data });
    };
    return total + ((at(h) - at(-h)) / (2 * h)) ** 2;
  }, 0);
}

/** The R1 penalty ‖∂ Σ score(x) / ∂x‖² as a function of the score's parameters; x comes first. */
function penalty(
  name: string,
  parameters: readonly Array64[],
  score: (x: tf.Tensor, ...parameters: tf.Tensor[]) => tf.Tensor,
  reference: (x: Array64, ...parameters: Array64[]) => Array64,
): SecondOrderCase {
  return {
    name,
    parameters,
    run: (x, ...rest) => {
      const inner = tf.grad((image: tf.Tensor) => tf.sum(score(image, ...rest)))(x!);
      return tf.sum(tf.square(inner)) as tf.Scalar;
    },
    expected: (x, ...rest) => squaredGradient((image) => reference(image, ...rest).data.reduce((a, b) => a + b, 0), x!),
  };
}

const square = (x: Array64) => ref.map(x, (v) => v * v);
const window3 = ref.windowOf([4, 4], [3, 3], [1, 1], "same");
const window4 = ref.windowOf([4, 4], [4, 4], [2, 2], [1, 1, 1, 1]);
const blurWindow = ref.windowOf([4, 4], [3, 3], [1, 1], "same");
const pad4 = [
  [0, 0],
  [1, 1],
  [1, 1],
  [0, 0],
] as unknown as "same";

export const secondOrderCases: readonly SecondOrderCase[] = [
  penalty(
    "leaky ReLU network",
    [normal([3, 4]), normal([4, 5]), normal([5, 2])],
    (x, a, b) => tf.square(tf.matMul(tf.leakyRelu(tf.matMul(x, a!), 0.2), b!)),
    (x, a, b) => square(ref.matMul(leaky(ref.matMul(x, a!, false, false)), b!, false, false)),
  ),
  penalty(
    "ELU and tanh network",
    [normal([3, 4]), normal([4, 5]), normal([5, 2])],
    (x, a, b) => tf.tanh(tf.matMul(tf.elu(tf.matMul(x, a!)), b!)),
    (x, a, b) =>
      ref.map(
        ref.matMul(
          ref.map(ref.matMul(x, a!, false, false), (v) => (v > 0 ? v : Math.expm1(v))),
          b!,
          false,
          false,
        ),
        Math.tanh,
      ),
  ),
  ...(
    [
      ["exp", tf.exp, Math.exp],
      ["tanh", tf.tanh, Math.tanh],
      ["sigmoid", tf.sigmoid, (v) => 1 / (1 + Math.exp(-v))],
      ["softplus", tf.softplus, (v) => Math.log1p(Math.exp(v))],
    ] as [string, (x: tf.Tensor) => tf.Tensor, (v: number) => number][]
  ).map(([name, f, reference]) =>
    penalty(
      `${name}, whose gradient ${name === "softplus" ? "is sigmoid" : "uses its output"}`,
      [normal([2, 3])],
      (x) => f(x),
      (x) => ref.map(x, reference),
    ),
  ),
  ...[false, true].map((logarithm) =>
    penalty(
      `${logarithm ? "logSoftmax" : "softmax"} times weights`,
      [normal([2, 4]), normal([4, 3])],
      (x, w) => tf.square(tf.matMul(logarithm ? tf.logSoftmax(x) : tf.softmax(x), w!)),
      (x, w) => square(ref.matMul(ref.softmax(x, logarithm), w!, false, false)),
    ),
  ),
  penalty(
    "average pooling next to padding",
    [normal([1, 5, 5, 1]), normal([3, 3, 1, 1])],
    (x, f) => tf.square(tf.avgPool(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same"), 3, 2, "same")),
    (x, f) =>
      square(
        ref.avgPool(
          ref.conv2d(x, f!, ref.windowOf([5, 5], [3, 3], [1, 1], "same")),
          [3, 3],
          ref.windowOf([5, 5], [3, 3], [2, 2], "same"),
        ),
      ),
  ),
  penalty(
    "where with a comparison",
    [normal([3, 4]), normal([4, 3])],
    (x, a) => {
      const y = tf.matMul(x, a!);
      return tf.where(tf.greater(y, 0), tf.square(y), tf.mul(y, 0.5));
    },
    (x, a) => ref.map(ref.matMul(x, a!, false, false), (v) => (v > 0 ? v * v : 0.5 * v)),
  ),
  penalty(
    "R1 of a convolutional discriminator: 3×3, leaky ReLU, blur, stride 2, pooling, dense",
    [normal([1, 4, 4, 2]), normal([3, 3, 2, 3], 0.4), normal([3, 3, 3, 1], 0.4), normal([4, 4, 3, 2], 0.4), normal([2, 1])],
    (x, a, blur, down, dense) => {
      const first = tf.leakyRelu(tf.conv2d(x as tf.Tensor4D, a as tf.Tensor4D, 1, "same"), 0.2);
      const blurred = tf.depthwiseConv2d(first, blur as tf.Tensor4D, 1, "same");
      const half = tf.leakyRelu(tf.conv2d(blurred, down as tf.Tensor4D, 2, pad4), 0.2);
      const pooled = tf.avgPool(half, 2, 2, "valid");
      return tf.square(tf.matMul(tf.reshape(pooled, [1, 2]), dense!));
    },
    (x, a, blur, down, dense) => {
      const first = leaky(ref.conv2d(x, a!, window3));
      const half = leaky(ref.conv2d(ref.depthwise(first, blur!, blurWindow), down!, window4));
      const pooled = ref.avgPool(half, [2, 2], ref.windowOf([2, 2], [2, 2], [2, 2], "valid"));
      return square(ref.matMul({ shape: [1, 2], data: pooled.data }, dense!, false, false));
    },
  ),
  penalty(
    "transposed convolution and bilinear resize",
    [normal([1, 3, 3, 2]), normal([3, 3, 2, 2], 0.5)],
    (x, filter) => {
      const up = tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [1, 6, 6, 2], 2, "same");
      return tf.square(tf.image.resizeBilinear(up, [3, 3], false, true));
    },
    (x, filter) => {
      const up = ref.conv2dTranspose(x, filter!, [1, 6, 6, 2], ref.windowOf([6, 6], [3, 3], [2, 2], "same"));
      return square(ref.resizeBilinear(up, [3, 3], "half-pixel"));
    },
  ),
  penalty(
    "a convolution's filter gradient",
    [normal([2, 2, 1, 2]), normal([1, 3, 3, 1])],
    (f, x) => tf.square(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same")),
    (f, x) => square(ref.conv2d(x!, f, ref.windowOf([3, 3], [2, 2], [1, 1], "same"))),
  ),
  penalty(
    "a dilated convolution's gradients",
    [normal([1, 4, 4, 1]), normal([2, 2, 1, 2])],
    (x, f) => tf.square(tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same", "NHWC", 2)),
    (x, f) => square(ref.convolution(x, f!, ref.windowsOf([4, 4], [3, 3], [1, 1], "same"), [2, 2])),
  ),
  penalty(
    "a depthwise convolution's filter gradient",
    [normal([2, 2, 2, 1]), normal([1, 3, 3, 2])],
    (f, x) => tf.square(tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, 1, "same")),
    (f, x) => square(ref.depthwise(x!, f, ref.windowOf([3, 3], [2, 2], [1, 1], "same"))),
  ),
  penalty(
    "3-D convolution and average pooling next to padding",
    [normal([1, 3, 3, 2, 1]), normal([2, 2, 2, 1, 2])],
    (x, f) => tf.square(tf.avgPool3d(tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, "same"), 2, 2, "same")),
    (x, f) => {
      const inner = ref.convolution(x, f!, ref.windowsOf([3, 3, 2], [2, 2, 2], [1, 1, 1], "same"));
      const windows = ref.windowsOf([3, 3, 2], [2, 2, 2], [2, 2, 2], "same");
      const mean = (found: { value: number }[]) => found.reduce((total, { value }) => total + value / found.length, 0);
      return square(ref.windowed(inner, [2, 2, 2], windows, mean));
    },
  ),
  penalty(
    "a 3-D convolution's filter gradient",
    [normal([2, 2, 2, 1, 1]), normal([1, 3, 2, 2, 1])],
    (f, x) => tf.square(tf.conv3d(x as tf.Tensor5D, f as tf.Tensor5D, 1, "same")),
    (f, x) => square(ref.convolution(x!, f, ref.windowsOf([3, 2, 2], [2, 2, 2], [1, 1, 1], "same"))),
  ),
  penalty(
    "max pooling and nearest-neighbour resize",
    [normal([2, 4, 4, 2])],
    (x) => tf.square(tf.maxPool(tf.image.resizeNearestNeighbor(tf.square(x) as tf.Tensor4D, [5, 5]), 3, 2, "same")),
    (x) => {
      const windows = ref.windowsOf([5, 5], [3, 3], [2, 2], "same");
      const large = ref.resizeNearest(square(x), [5, 5], false);
      return square(ref.windowed(large, [3, 3], windows, (found) => Math.max(...found.map(({ value }) => value))));
    },
  ),
];
