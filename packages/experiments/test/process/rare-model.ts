import type { ModelParts } from "@latentflow/engine";
import * as tf from "@tensorflow/tfjs-core";
import tinyModel from "./tiny-model.js";

/** The tiny networks with two attributes more: "rare", whose class 1 no code shows, and "flat", about which the regressor always says the same. */
export default function rareModel(): ModelParts {
  const tiny = tinyModel();
  const attributes = [...tiny.regressor.attributes, { name: "rare", classes: 2 }, { name: "flat", classes: 2 }];
  const logits = (images: tf.Tensor4D) => {
    const others = tiny.regressor.logits(images);
    const score = tf.slice(others[1]!, [0, 0], [-1, 1]);
    const rare = tf.concat([tf.sub(20, score), tf.sub(score, 20)], 1) as tf.Tensor2D;
    return [...others, rare, tf.add(tf.mul(rare, 0), [[1, 0]]) as tf.Tensor2D];
  };
  return { ...tiny, name: "rare", regressor: { attributes, logits } };
}
