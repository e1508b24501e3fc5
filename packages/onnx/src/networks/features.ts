import type { OnnxModel, ValueInfo } from "../graph/model.js";

/** The output of a regressor that is no answer but what its answers are read off. */
export function featuresOutput(regressor: OnnxModel): ValueInfo | undefined {
  return regressor.outputs.length > 1 ? regressor.outputs.find(({ name }) => name === "features") : undefined;
}
