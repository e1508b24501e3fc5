import type { Generator } from "@latentflow/core";
import { type TruncationOptions, withTruncation as truncated } from "@latentflow/core/truncation";
import type { Tensor } from "@tensorflow/tfjs-core";
import { ModelsError } from "./errors.js";

/**
 * The generator with codes pulled towards the mean: w → mean + psi · (w − mean), for every row of a W+ code. Truncation sits inside the returned
 * generator and so after an edit, as in the paper. The mean stays the caller's to dispose, after the returned generator's last use.
 *
 * @param psi 1: no change; 0: always the mean. The paper uses 0.7
 * @param meanLatent [d], a tensor or numbers
 */
export function withTruncation(
  generator: Generator,
  psi: number,
  meanLatent: Tensor | ArrayLike<number>,
  options: TruncationOptions = {},
): Generator {
  return truncated(generator, psi, meanLatent, ModelsError, options);
}
