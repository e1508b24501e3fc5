import type { ModelParts } from "@latentflow/engine";
import * as tf from "@tensorflow/tfjs-core";
import tinyModel from "./tiny-model.js";

/** Squashed first entry of a code beyond which the regressor breaks. */
const LIMIT = 0.95;

/** The tiny networks with a regressor that gives NaN where an edit goes far. The codes themselves stay below. */
export default function nanModel(): ModelParts {
  const tiny = tinyModel();
  const logits = (images: tf.Tensor4D) => {
    const first = tf.reshape(tf.slice(images, [0, 0, 0, 0], [-1, 1, 1, 1]), [-1, 1]);
    const broken = tf.sqrt(tf.sub(LIMIT, first));
    return tiny.regressor.logits(images).map((values) => tf.add(values, tf.mul(broken, 0)) as tf.Tensor2D);
  };
  const sampleCodes = async (count: number, seed: number) => (await tiny.sampleCodes(count, seed)).map((x) => Math.min(x, 2));
  return { ...tiny, regressor: { ...tiny.regressor, logits }, sampleCodes };
}
