import type { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import type { ModelParts } from "../parts.js";

/** Networks of a StyleGAN2 and of what reads its pictures. */
export interface StyleGan2Networks {
  readonly generator: StyleGan2Generator;
  readonly regressor: FactorRegressor;
  readonly judge?: FactorRegressor | undefined;
}

/** Slope of the leaky ReLU behind every layer of StyleGAN2's mapping network. */
const MAPPING_SLOPE = 0.2;

/** A StyleGAN2 with its regressor and its judge, if it has one; they belong to the parts from now on. */
export async function styleGan2Parts(name: string, { generator, regressor, judge }: StyleGan2Networks): Promise<ModelParts> {
  const mean = generator.meanLatent ?? generator.estimateMeanLatent();
  const meanLatent = Array.from(await mean.data());
  if (mean !== generator.meanLatent) mean.dispose();
  return {
    name,
    generator,
    regressor,
    ...(judge && { judge }),
    meanLatent,
    mappingSlope: MAPPING_SLOPE,
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
      judge?.dispose();
    },
  };
}
