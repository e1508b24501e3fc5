import * as tf from "@tensorflow/tfjs-core";
import * as ref from "../reference.js";
import type { Case } from "./case.js";

/** Activations and normalisations. */
export const elementwise: Case[] = [
  {
    name: "leakyRelu 0.2 [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.leakyRelu(x, 0.2),
    reference: (x) => ref.map(x, (v) => (v > 0 ? v : 0.2 * v)),
  },
  { name: "relu [4,7]", shapes: [[4, 7]], run: (x) => tf.relu(x), reference: (x) => ref.map(x, (v) => Math.max(0, v)) },
  { name: "tanh [4,7]", shapes: [[4, 7]], run: (x) => tf.tanh(x), reference: (x) => ref.map(x, Math.tanh) },
  {
    name: "sigmoid [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.sigmoid(x),
    reference: (x) => ref.map(x, (v) => 1 / (1 + Math.exp(-v))),
  },
  {
    name: "softplus [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.softplus(x),
    reference: (x) => ref.map(x, (v) => Math.log1p(Math.exp(v))),
  },
  {
    name: "logSigmoid of an intermediate result [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.logSigmoid(tf.mul(x, 2)),
    reference: (x) => ref.map(x, (v) => -Math.log1p(Math.exp(-2 * v))),
  },
  {
    name: "elu [4,7]",
    shapes: [[4, 7]],
    run: (x) => tf.elu(x),
    reference: (x) => ref.map(x, (v) => (v > 0 ? v : Math.expm1(v))),
  },
  { name: "softmax [3,6]", shapes: [[3, 6]], run: (x) => tf.softmax(x), reference: (x) => ref.softmax(x) },
  { name: "logSoftmax [3,6]", shapes: [[3, 6]], run: (x) => tf.logSoftmax(x), reference: (x) => ref.softmax(x, true) },
  {
    name: "layer normalisation [4,9]",
    shapes: [[4, 9]],
    run: (x) => {
      const { mean, variance } = tf.moments(x, -1, true);
      return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)));
    },
    reference: (x) => ref.normalise(x, [1], 1e-3),
  },
  {
    name: "instance normalisation [2,4,4,3]",
    shapes: [[2, 4, 4, 3]],
    run: (x) => {
      const { mean, variance } = tf.moments(x, [1, 2], true);
      return tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-3)));
    },
    reference: (x) => ref.normalise(x, [1, 2], 1e-3),
  },
  {
    name: "unit vectors [4,9]",
    shapes: [[4, 9]],
    run: (x) => tf.div(x, tf.add(tf.norm(x, "euclidean", -1, true), 1e-6)),
    reference: (x) => {
      const length = (row: number) => Math.sqrt(ref.sum(9, (c) => ref.at(x, [row, c]) ** 2));
      return ref.build(x.shape, ([row, c]) => ref.at(x, [row!, c!]) / (length(row!) + 1e-6));
    },
  },
];
