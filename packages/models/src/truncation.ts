import { checkNumber, checkTensor, describeValue, type Generator } from "@latentflow/core";
import { add, mul, reshape, sub, type Tensor, tidy } from "@tensorflow/tfjs-core";
import { ModelsError } from "./errors.js";

/**
 * The generator with codes pulled towards the mean: w → mean + psi · (w − mean), for every row of a W+ code. Truncation sits inside the returned
 * generator and so after an edit, as in the paper. The mean stays the caller's to dispose, after the returned generator's last use.
 *
 * @param psi 1: no change; 0: always the mean. The paper uses 0.7
 * @param meanLatent [d]
 */
export function withTruncation(generator: Generator, psi: number, meanLatent: Tensor): Generator {
  checkNumber("withTruncation", "psi", psi, {}, ModelsError);
  if (typeof generator?.synthesize !== "function") {
    throw new ModelsError(`withTruncation: expected a generator with latentDim and synthesize, got ${describeValue(generator)}.`);
  }
  const { latentDim, rowCount } = generator;
  const expected = `a mean of ${latentDim} numbers`;
  checkTensor("withTruncation", "meanLatent", meanLatent, expected, ModelsError);
  if (meanLatent.size !== latentDim) {
    throw new ModelsError(`withTruncation: expected a mean of ${latentDim} numbers, got shape [${meanLatent.shape.join(", ")}].`);
  }
  return {
    latentDim,
    ...(rowCount === undefined ? {} : { rowCount }),
    synthesize: (w: Tensor) =>
      tidy(() => {
        checkTensor("synthesize", "w", w, `codes [n, ${latentDim}]`, ModelsError);
        checkTensor("synthesize", "the truncation's mean", meanLatent, expected, ModelsError);
        const mean = reshape(meanLatent, [latentDim]);
        return generator.synthesize(add(mean, mul(sub(w, mean), psi)));
      }),
  };
}
