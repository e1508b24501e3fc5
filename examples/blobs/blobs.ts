import type { Attribute, Generator, Regressor } from "@latentflow/core";
import * as tf from "@tensorflow/tfjs-core";

/**
 * A generator without training: w [n, 8] → a coloured disc on a grey ground, 32 px, and a regressor that measures the picture. Everything about
 * it is known: side, height and size are linear in w, and colour is not. Its hue turns twice as fast as the angle of (w₃, w₄), so that warm and cool
 * codes lie in four alternating sectors, and the way from one to the next that keeps the ground as it is runs along a circle.
 */
const SIZE = 32;
export const LATENT_DIM = 8;

export const ATTRIBUTES: readonly Attribute[] = [
  { name: "side", classes: 2 },
  { name: "height", classes: 2 },
  { name: "size", classes: 2 },
  { name: "colour", classes: 2 },
  { name: "ground", classes: 2 },
];

/** Pixel centres in [-1, 1]: x grows to the right, y upwards. [1, SIZE, SIZE] each. */
function pixelGrid(): { x: tf.Tensor3D; y: tf.Tensor3D } {
  const centres = tf.sub(tf.div(tf.add(tf.range(0, SIZE), 0.5), SIZE / 2), 1);
  return {
    x: tf.tile(tf.reshape(centres, [1, 1, SIZE]), [1, SIZE, 1]) as tf.Tensor3D,
    y: tf.tile(tf.reshape(tf.neg(centres), [1, SIZE, 1]), [1, 1, SIZE]) as tf.Tensor3D,
  };
}

export const blobs: Generator = {
  latentDim: LATENT_DIM,
  synthesize: (w) =>
    tf.tidy(() => {
      const n = w.shape[0]!;
      const [w0, w1, w2, w3, w4, w5] = tf
        .split(w as tf.Tensor2D, LATENT_DIM, 1)
        .map((column) => tf.reshape(column, [n, 1, 1])) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const grid = pixelGrid();
      const radius = tf.add(0.32, tf.mul(0.12, tf.tanh(w2)));
      const distance = tf.add(
        tf.square(tf.sub(grid.x, tf.mul(0.5, tf.tanh(w0)))),
        tf.square(tf.sub(grid.y, tf.mul(0.5, tf.tanh(w1)))),
      );
      const disc = tf.sigmoid(tf.mul(50, tf.sub(tf.square(radius), distance)));

      const length = tf.add(tf.add(tf.square(w3), tf.square(w4)), 0.05);
      const cosine = tf.div(tf.sub(tf.square(w3), tf.square(w4)), length);
      const sine = tf.div(tf.mul(2, tf.mul(w3, w4)), length);
      // The ground also grows brighter with the distance from the centre of (w₃, w₄): going straight to another colour changes it.
      const ground = tf.add(-0.25, tf.mul(0.35, tf.tanh(tf.add(w5, tf.mul(0.6, tf.sub(length, 2))))));
      const channels = [0, 1, 2].map((channel) => {
        const angle = (2 * Math.PI * channel) / 3;
        const colour = tf.mul(0.9, tf.add(tf.mul(cosine, Math.cos(angle)), tf.mul(sine, Math.sin(angle))));
        return tf.add(ground, tf.mul(disc, tf.sub(colour, ground)));
      });
      return tf.stack(channels, 3) as tf.Tensor4D;
    }),
};

/** Logits [n, 2] that favour the second class where `score` is positive. */
function twoClasses(score: tf.Tensor, sharpness: number): tf.Tensor2D {
  const logit = tf.mul(score, sharpness);
  return tf.stack([tf.neg(logit), logit], 1) as tf.Tensor2D;
}

export const measure: Regressor = {
  attributes: ATTRIBUTES,
  logits: (images) => {
    const grid = pixelGrid();
    const { variance } = tf.moments(images, 3);
    const coloured = tf.div(variance, tf.add(variance, 0.05)) as tf.Tensor3D;
    const area = tf.add(tf.sum(coloured, [1, 2]), 1e-3);
    const meanOver = (values: tf.Tensor, weights: tf.Tensor) =>
      tf.div(tf.sum(tf.mul(values, weights), [1, 2]), tf.add(tf.sum(weights, [1, 2]), 1e-3));
    const [red, green, blue] = tf.unstack(images, 3) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const warmth = tf.sub(red, tf.div(tf.add(green, blue), 2));
    const plain = tf.sub(1, coloured);
    return [
      twoClasses(meanOver(grid.x, coloured), 6),
      twoClasses(meanOver(grid.y, coloured), 6),
      twoClasses(tf.sub(tf.div(area, SIZE * SIZE), 0.08), 60),
      twoClasses(meanOver(warmth, coloured), 4),
      twoClasses(tf.add(meanOver(tf.mean(images, 3), plain), 0.25), 12),
    ];
  },
};
