import type { TfjsParts } from "@latentflow/engine";
import * as tf from "@tensorflow/tfjs-core";
import tinyModel from "./tiny-model.js";

/** The tiny networks with a step that no gradient passes: "copied" numbers, pictures of 8 "bits", or a root at 0. */
export default function undifferentiableModel(): TfjsParts {
  const tiny = tinyModel();
  const kind = process.env.LATENTFLOW_TEST_STEP;
  const pass = (images: tf.Tensor4D): tf.Tensor4D => {
    if (kind === "copied") return tf.tensor4d(images.dataSync(), images.shape);
    if (kind === "bits") return tf.div(tf.round(tf.mul(images, 127)), 127) as tf.Tensor4D;
    return tf.add(images, tf.sqrt(tf.square(tf.mul(images, 0)))) as tf.Tensor4D;
  };
  return { ...tiny, generator: { ...tiny.generator, synthesize: (w) => pass(tiny.generator.synthesize(w)) } };
}
