import { SeededRandom } from "@latentflow/core";
import type { ModelParts } from "@latentflow/experiments";
import * as tf from "@tensorflow/tfjs-core";

/** Networks that cost nothing: plain pictures whose red, green and blue are the three numbers of a code. */
export default function plainColours(): ModelParts {
  const channel = (images: tf.Tensor4D, k: number) =>
    tf.mean(tf.slice(images, [0, 0, 0, k], [-1, -1, -1, 1]), [1, 2]) as tf.Tensor2D;
  const pair = (x: tf.Tensor2D) => tf.mul(tf.concat([tf.neg(x), x], 1), 4) as tf.Tensor2D;
  return {
    name: "plain colours, 8 px",
    generator: {
      latentDim: 3,
      synthesize: (w) => tf.tidy(() => tf.tile(tf.reshape(tf.tanh(w), [-1, 1, 1, 3]) as tf.Tensor4D, [1, 8, 8, 1])),
    },
    regressor: {
      attributes: [
        { name: "warm", classes: 2 },
        { name: "green", classes: 2 },
      ],
      logits: (images) =>
        tf.tidy(() => [
          pair(tf.sub(channel(images, 0), channel(images, 2)) as tf.Tensor2D),
          pair(tf.sub(channel(images, 1), 0.2) as tf.Tensor2D),
        ]),
    },
    sampleCodes: async (count, seed) => new SeededRandom(seed).normals(count * 3),
  };
}
