import { readSafetensors } from "@latentflow/checkpoints";
import type { MatrixLike } from "@latentflow/latent-edit";
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
    styleWeights: () => styleWeights(generator),
    dispose() {
      generator.dispose();
      regressor.dispose();
    },
  };
}

/** The affine maps from w to each convolution's style, without those to RGB: what SeFa decomposes. */
async function styleWeights(generator: StyleGan2Generator): Promise<MatrixLike[]> {
  const { tensors } = await readSafetensors(generator.toSafetensors());
  return [...tensors]
    .filter(([name]) => /^convs?\d*(\.\d+)?\.conv\.modulation\.weight$/.test(name))
    .map(([, { data, shape }]) => ({ data: data as Float32Array, shape: [shape[0]!, shape[1]!] }));
}
