import * as tf from "@tensorflow/tfjs-core";
import type { Array64 } from "../reference.js";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

const shapes = [
  [3, 4],
  [3, 4],
];
const logistic = (v: number) => 1 / (1 + Math.exp(-v));
const mean = (x: Array64): Array64 => ({ shape: [], data: Float64Array.of(x.data.reduce((a, b) => a + b, 0) / x.data.length) });
const meanOf = (f: (label: number, prediction: number) => number) => (a: Array64, b: Array64) => mean(ref.broadcast(a, b, f));

/** tf.losses, with respect to labels and predictions; their mean over all elements. */
export const losses: Case[] = [
  {
    name: "absoluteDifference",
    shapes,
    run: (a, b) => tf.losses.absoluteDifference(a!, b!),
    reference: meanOf((a, b) => Math.abs(a - b)),
  },
  {
    name: "meanSquaredError",
    shapes,
    run: (a, b) => tf.losses.meanSquaredError(a!, b!),
    reference: meanOf((a, b) => (a - b) ** 2),
  },
  {
    name: "huberLoss",
    shapes,
    run: (a, b) => tf.losses.huberLoss(a!, b!),
    reference: meanOf((a, b) => (Math.abs(a - b) <= 1 ? 0.5 * (a - b) ** 2 : Math.abs(a - b) - 0.5)),
  },
  {
    name: "hingeLoss of logistic labels",
    shapes,
    run: (a, b) => tf.losses.hingeLoss(tf.sigmoid(a!), b!),
    reference: meanOf((a, b) => Math.max(0, 1 - (2 * logistic(a) - 1) * b)),
  },
  {
    name: "logLoss",
    shapes,
    domain: (v) => 0.1 + 0.8 * logistic(v),
    run: (a, b) => tf.losses.logLoss(a!, b!),
    reference: meanOf((a, b) => -a * Math.log(b + 1e-7) - (1 - a) * Math.log(1 - b + 1e-7)),
  },
  {
    name: "cosineDistance",
    shapes,
    run: (a, b) => tf.losses.cosineDistance(a!, b!, 1),
    reference: (a, b) =>
      mean(
        ref.reduce(
          ref.broadcast(a!, b!, (x, y) => x * y),
          1,
          false,
          (values) => 1 - values.reduce((x, y) => x + y, 0),
        ),
      ),
  },
  {
    name: "sigmoidCrossEntropy",
    shapes,
    run: (a, b) => tf.losses.sigmoidCrossEntropy(a!, b!),
    reference: meanOf((a, b) => Math.max(b, 0) - a * b + Math.log1p(Math.exp(-Math.abs(b)))),
  },
  ...[0, 0.1].map(
    (smoothing): Case => ({
      name: `softmaxCrossEntropy, label smoothing ${smoothing}`,
      shapes,
      run: (a, b) => tf.losses.softmaxCrossEntropy(tf.softmax(a!), b!, undefined, smoothing),
      reference: (a, b) => {
        const labels = ref.map(ref.softmax(a!), (label) => label * (1 - smoothing) + smoothing / 4);
        const terms = ref.broadcast(labels, ref.softmax(b!, true), (label, logarithm) => -label * logarithm);
        return mean(ref.reduce(terms, 1, false, (values) => values.reduce((x, y) => x + y, 0)));
      },
    }),
  ),
  {
    name: "softmaxCrossEntropy, weighted rows",
    shapes: [...shapes, [3]],
    domain: (v) => v + 3,
    run: (a, b, weights) => tf.losses.softmaxCrossEntropy(a!, b!, weights),
    reference: (a, b, weights) => {
      const terms = ref.broadcast(a!, ref.softmax(b!, true), (label, logarithm) => -label * logarithm);
      const rows = ref.reduce(terms, 1, false, (values) => values.reduce((x, y) => x + y, 0));
      return mean(ref.broadcast(rows, weights!, (x, y) => x * y));
    },
  },
];

const activations: [NonNullable<Parameters<typeof tf.fused.matMul>[0]["activation"]>, (v: number, slope: number) => number][] = [
  ["linear", (v) => v],
  ["relu", (v) => Math.max(0, v)],
  ["relu6", (v) => Math.min(6, Math.max(0, v))],
  ["elu", (v) => (v > 0 ? v : Math.expm1(v))],
  ["sigmoid", logistic],
  ["leakyrelu", (v) => (v > 0 ? v : 0.3 * v)],
  ["prelu", (v, slope) => (v > 0 ? v : slope * v)],
];

/** Convolutions and products with a bias and an activation in one kernel. */
for (const [activation, of] of activations) {
  const prelu = activation === "prelu";
  const finish = (product: Array64, bias: Array64, slopes?: Array64) => {
    const sum = ref.broadcast(product, bias, (a, b) => a + b);
    return slopes ? ref.broadcast(sum, slopes, of) : ref.map(sum, (v) => of(v, 0));
  };
  const options = { activation, leakyreluAlpha: 0.3 };
  const weights = (slopes?: tf.Tensor) => (prelu ? { preluActivationWeights: slopes! } : {});
  losses.push(
    {
      name: `fused matMul, ${activation}`,
      shapes: [[3, 4], [4, 3], [3], ...(prelu ? [[3]] : [])],
      run: (a, b, bias, slopes) => tf.fused.matMul({ a: a!, b: b!, bias: bias!, ...options, ...weights(slopes) }),
      reference: (a, b, bias, slopes) => finish(ref.matMul(a!, b!, false, false), bias!, slopes),
    },
    {
      name: `fused conv2d, ${activation}`,
      shapes: [[1, 4, 4, 2], [3, 3, 2, 2], [2], ...(prelu ? [[1, 1, 2]] : [])],
      run: (x, filter, bias, slopes) =>
        tf.fused.conv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias: bias!,
          strides: 1,
          pad: "same",
          ...options,
          ...weights(slopes),
        }),
      reference: (x, filter, bias, slopes) =>
        finish(ref.conv2d(x!, filter!, ref.windowOf([4, 4], [3, 3], [1, 1], "same")), bias!, slopes),
    },
    {
      name: `fused depthwiseConv2d, ${activation}`,
      shapes: [[1, 4, 4, 2], [3, 3, 2, 1], [2], ...(prelu ? [[1, 1, 2]] : [])],
      run: (x, filter, bias, slopes) =>
        tf.fused.depthwiseConv2d({
          x: x as tf.Tensor4D,
          filter: filter as tf.Tensor4D,
          bias: bias!,
          strides: 1,
          pad: "same",
          ...options,
          ...weights(slopes),
        }),
      reference: (x, filter, bias, slopes) =>
        finish(ref.depthwise(x!, filter!, ref.windowOf([4, 4], [3, 3], [1, 1], "same")), bias!, slopes),
    },
  );
}
