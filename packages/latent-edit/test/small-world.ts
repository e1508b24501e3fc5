import type { Embedder, Generator, Regressor } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";

/** The generator, regressor and embedder of tools/reference/latent_training_reference.py, from the same congruential generator. */
export const D = 8;
export const CLASSES = [3, 2, 4] as const;

export function uniforms(seed: number, count: number): Float64Array {
  let state = seed;
  return Float64Array.from({ length: count }, () => {
    state = Number((1664525n * BigInt(state) + 1013904223n) % 4294967296n);
    return state / 2 ** 32;
  });
}

export function weights(seed: number, count: number, scale: number): Float32Array {
  return Float32Array.from(uniforms(seed, count), (u) => (2 * u - 1) * scale);
}

const DENSE = weights(11, D * 96, 0.6);
const CONV = weights(12, 9 * 18, 0.4);
const STEM = weights(13, 9 * 30, 0.5);
const HEADS = CLASSES.map((c, j) => weights(20 + j, 40 * c, 0.5));
const EMBEDDING = weights(30, 48 * 7, 0.5);

export const generator: Generator = {
  latentDim: D,
  synthesize: (w) =>
    tf.tidy(() => {
      const hidden = tf.reshape(tf.tanh(tf.matMul(w as tf.Tensor2D, tf.tensor2d(DENSE, [D, 96]))), [-1, 4, 4, 6]);
      return tf.conv2d(hidden as tf.Tensor4D, tf.tensor4d(CONV, [3, 3, 6, 3]), 1, "same");
    }),
};

/** Rows of a W+ code of the generator below. */
export const ROWS = 4;

/** The same as a generator of W+ codes: each quarter of its hidden units reads a row of its own. Of equal rows it makes what `generator` does. */
export const plusGenerator: Generator = {
  latentDim: D,
  rowCount: ROWS,
  synthesize: (w) =>
    tf.tidy(() => {
      if (w.rank === 2) return generator.synthesize(w);
      const dense = tf.split(tf.tensor2d(DENSE, [D, 96]), ROWS, 1);
      const rows = tf.unstack(w, 1) as tf.Tensor2D[];
      const hidden = tf.tanh(
        tf.concat(
          rows.map((row, i) => tf.matMul(row, dense[i]!)),
          1,
        ),
      );
      return tf.conv2d(tf.reshape(hidden, [-1, 4, 4, 6]) as tf.Tensor4D, tf.tensor4d(CONV, [3, 3, 6, 3]), 1, "same");
    }),
};

export const regressor: Regressor = {
  attributes: CLASSES.map((classes, j) => ({ name: ["shape", "size", "colour"][j]!, classes })),
  logits: (images) =>
    tf.tidy(() => {
      const clamped = tf.clipByValue(images, -1, 1) as tf.Tensor4D;
      const hidden = tf.relu(tf.conv2d(clamped, tf.tensor4d(STEM, [3, 3, 3, 10]), 2, "same"));
      const flat = tf.reshape(hidden, [-1, 40]);
      return HEADS.map((head, j) => tf.matMul(flat, tf.tensor2d(head, [40, CLASSES[j]!])) as tf.Tensor2D);
    }),
};

export const embedder: Embedder = {
  embed: (images) =>
    tf.tidy(() => {
      const raw = tf.matMul(tf.reshape(images, [-1, 48]), tf.tensor2d(EMBEDDING, [48, 7]));
      return tf.div(raw, tf.norm(raw, "euclidean", 1, true)) as tf.Tensor2D;
    }),
};
