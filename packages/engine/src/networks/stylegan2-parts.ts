import type { FactorRegressor, StyleGan2Generator } from "@latentflow/models";
import type { TfjsParts } from "../parts.js";

/** Parts that are tfjs functions and graphs, both. */
export interface StyleGan2Parts extends TfjsParts {
  readonly generator: StyleGan2Generator;
  readonly regressor: FactorRegressor;
}

/** Networks of a StyleGAN2 and of what reads its pictures. */
export interface StyleGan2Networks {
  readonly generator: StyleGan2Generator;
  readonly regressor: FactorRegressor;
  readonly judge?: FactorRegressor | undefined;
}

/** Slope of the leaky ReLU behind every layer of StyleGAN2's mapping network. */
const MAPPING_SLOPE = 0.2;

/** A StyleGAN2 with its regressor and its judge, if it has one; they belong to the parts from now on. */
export async function styleGan2Parts(name: string, { generator, regressor, judge }: StyleGan2Networks): Promise<StyleGan2Parts> {
  return {
    ...{ name, generator, regressor },
    ...(judge && { judge }),
    ...(await codesOfStyleGan2(generator)),
    dispose() {
      generator.dispose();
      regressor.dispose();
      judge?.dispose();
    },
  };
}

/** Codes of a StyleGAN2's own mapping, what is known of it, and the layers that read them. */
export async function codesOfStyleGan2(generator: StyleGan2Generator) {
  const mean = generator.meanLatent ?? generator.estimateMeanLatent();
  const meanLatent = Array.from(await mean.data());
  if (mean !== generator.meanLatent) mean.dispose();
  return {
    meanLatent,
    mappingSlope: MAPPING_SLOPE,
    async sampleCodes(count: number, seed: number) {
      const codes = generator.sample(count, { seed });
      const values = (await codes.data()) as Float32Array;
      codes.dispose();
      return values;
    },
    styleWeights: async () => generator.styleWeights(),
  };
}
