import type { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import type { ModelParts } from "../parts.js";

/** A StyleGAN2 and its regressor, which belong to the parts from now on. */
export async function styleGan2Parts(
  name: string,
  generator: StyleGan2Generator,
  regressor: FactorRegressor,
): Promise<ModelParts> {
  const mean = generator.latentAverage ?? generator.meanLatent();
  const meanLatent = Array.from(await mean.data());
  if (mean !== generator.latentAverage) mean.dispose();
  return {
    name,
    generator,
    regressor,
    meanLatent,
    async sampleCodes(count, seed) {
      const codes = generator.sample(count, { seed });
      const values = (await codes.data()) as Float32Array;
      codes.dispose();
      return values;
    },
    styleWeights: async () => generator.styleWeights(),
    dispose() {
      generator.dispose();
      regressor.dispose();
    },
  };
}
