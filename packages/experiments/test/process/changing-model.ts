import type { ModelParts } from "@latentflow/engine";
import { mul, type Tensor, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";
import tinyModel from "./tiny-model.js";

/** The tiny networks as a file that is replaced by another while a run is not looking. */
export default function changingModel(): ModelParts {
  const tiny = tinyModel();
  const contrast = Number(process.env.LATENTFLOW_TEST_CONTRAST ?? 1);
  const synthesize = (w: Tensor) => mul(tiny.generator.synthesize(w), contrast) as Tensor4D;
  const sharpness = Number(process.env.LATENTFLOW_TEST_SHARPNESS ?? 1);
  const logits = (images: Tensor4D) => tiny.regressor.logits(images).map((x) => mul(x, sharpness) as Tensor2D);
  return { ...tiny, generator: { ...tiny.generator, synthesize }, regressor: { ...tiny.regressor, logits } };
}
