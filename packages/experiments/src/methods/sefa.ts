import type { ModelParts } from "@latentflow/engine";
import { seFa as principalDirections } from "@latentflow/latent-edit";
import { ConfigError } from "../errors.js";
import type { FitMethod } from "./method.js";
import { componentsCost, mostCorrelated } from "./most-correlated.js";

/** Of the principal components of the generator's style weights, the one that goes with the attribute. */
export const seFa: FitMethod = {
  id: "sefa",
  label: "SeFa",
  kind: "linear",
  step: "fit",
  cost: componentsCost,
  check: (parts) => void styleWeightsOf(parts),
  async find(context) {
    const styleWeights = styleWeightsOf(await context.parts());
    const components = Math.min(context.config.fit.components, context.networks.latentDim);
    return mostCorrelated(context, principalDirections(await styleWeights(), { components }).directions);
  },
};

function styleWeightsOf({ styleWeights }: ModelParts): NonNullable<ModelParts["styleWeights"]> {
  if (styleWeights !== undefined) return styleWeights;
  throw new ConfigError(`config: expected a model with styleWeights() for the method "sefa"; take it out of methods.`);
}
