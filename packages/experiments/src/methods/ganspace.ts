import { ganSpace as principalDirections } from "@latentflow/latent-edit";
import { movingRows } from "../model/code-shape.js";
import { ofTheData } from "../store/no-result.js";
import type { FitMethod } from "./method.js";
import { componentsCost, mostCorrelated } from "./most-correlated.js";

/** Of the codes' principal components, the one that goes with the attribute. */
export const ganSpace: FitMethod = {
  id: "ganspace",
  label: "GANSpace",
  kind: "linear",
  step: "fit",
  cost: componentsCost,
  async find(context) {
    const codes = await context.codes();
    const components = Math.min(context.config.fit.components, codes.latentDim);
    const rows = movingRows(context.config);
    const options = { components, ...(rows && { rows }) };
    const { directions } = await ofTheData("no direction", () => principalDirections(codes.codes, options));
    return mostCorrelated(context, directions);
  },
};
