import { SeededRandom } from "@latentflow/core";
import type { TfjsParts } from "@latentflow/engine";
import * as tf from "@tensorflow/tfjs-core";

/** Width of a code. */
export const D = 4;
const SIDE = 8;
const BLOCK = (SIDE * SIDE * 3) / D;

/**
 * Networks that cost nothing: a picture shows the squashed entries of w as D blocks of equal pixels, and the regressor reads them off. "size" is
 * linear in w, "shape" has three sectors of a plane, "colour" is the sign of a product, which no line parts.
 */
export default function tinyModel(): TfjsParts {
  return {
    name: "tiny",
    generator: { latentDim: D, synthesize },
    regressor: {
      attributes: [
        { name: "size", classes: 2 },
        { name: "shape", classes: 3 },
        { name: "colour", classes: 2 },
      ],
      logits,
    },
    meanLatent: new Float32Array(D),
    sampleCodes: async (count, seed) => new SeededRandom(seed).normals(count * D),
    styleWeights: async () => [{ data: new SeededRandom(9).normals(6 * D), shape: [6, D] }],
  };
}

function synthesize(w: tf.Tensor): tf.Tensor4D {
  return tf.reshape(tf.matMul(tf.tanh(tf.mul(w as tf.Tensor2D, 0.7)), blocks()), [-1, SIDE, SIDE, 3]) as tf.Tensor4D;
}

function logits(images: tf.Tensor4D): tf.Tensor2D[] {
  const pixels = tf.reshape(tf.clipByValue(images, -1, 1), [-1, SIDE * SIDE * 3]) as tf.Tensor2D;
  const features = tf.div(tf.matMul(pixels, blocks(), false, true), BLOCK) as tf.Tensor2D;
  const [a, b, c, d] = [0, 1, 2, 3].map((i) => tf.slice(features, [0, i], [-1, 1]) as tf.Tensor2D);
  const angles = [0, 1, 2].map((k) => (2 * Math.PI * k) / 3);
  const sector = (angle: number) => tf.mul(8, tf.add(tf.mul(b!, Math.cos(angle)), tf.mul(c!, Math.sin(angle)))) as tf.Tensor2D;
  const pair = (x: tf.Tensor) => tf.concat([tf.neg(x), x], 1) as tf.Tensor2D;
  return [pair(tf.mul(a!, 5)), tf.concat(angles.map(sector), 1), pair(tf.mul(tf.mul(c!, d!), 20))];
}

/** [D, pixels], 1 where a pixel shows that entry. */
function blocks(): tf.Tensor2D {
  return tf.tidy(() =>
    tf.tensor2d(
      Float32Array.from({ length: D * D * BLOCK }, (_, i) => Number(Math.floor(i / BLOCK) % (D + 1) === 0)),
      [D, D * BLOCK],
    ),
  );
}
