import type { Generator } from "@latentflow/core";
import { withTruncation as truncated } from "@latentflow/core/truncation";
import type { Tensor } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";

export interface Truncation {
  /** ψ: 1 changes nothing, 0 gives the mean image. Paper: 0.7 (1 for Isaac3D). */
  readonly psi: number;
  /** Mean of many mapped codes, [d]; a tensor stays the caller's to dispose, after the model's last use. */
  readonly meanLatent: Tensor | ArrayLike<number>;
  /** Only so many first rows of W+ are pulled, as NVlabs' `truncation_cutoff`. Default: all. */
  readonly cutoff?: number;
}

/**
 * A generator that pulls codes towards the mean latent first: w ↦ mean + ψ(w − mean). It sits after the flow, as in the paper, so an edit and
 * its time are about untruncated codes.
 */
export function withTruncation(
  generator: Generator,
  psi: number,
  meanLatent: Truncation["meanLatent"],
  cutoff?: number,
): Generator {
  return truncated(generator, psi, meanLatent, LatentEditError, { cutoff });
}
