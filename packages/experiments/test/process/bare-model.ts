import type { ModelParts } from "@latentflow/engine";
import tinyModel from "./tiny-model.js";

/** The tiny networks with nothing that may be left out. */
export default function bareModel(): ModelParts {
  const { name, generator, regressor, sampleCodes } = tinyModel();
  return { name, generator, regressor, sampleCodes };
}
