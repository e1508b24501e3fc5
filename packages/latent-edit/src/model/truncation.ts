import { type DeclaredOptions, type Generator, type GivenOptions, isGiven } from "@latentflow/core";
import { withTruncation as truncated } from "@latentflow/core/truncation";
import type { Tensor } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";

/** Options of a truncation, declared. */
export const TRUNCATION = {
  /** ψ: 1 changes nothing, 0 gives the mean image. Paper: 0.7 (1 for Isaac3D). */
  psi: {},
  /** Mean of many mapped codes, [d]; a tensor stays the caller's to dispose, after the model's last use. */
  meanLatent: { is: isGiven<Tensor | ArrayLike<number>>, expected: "the mean of many mapped codes, [d]" },
  /** Only so many first rows of W+ are pulled, as NVlabs' `truncation_cutoff`. Default: all. */
  cutoff: { optional: true, min: 0, integer: true },
} as const satisfies DeclaredOptions;

export interface Truncation extends GivenOptions<typeof TRUNCATION> {}

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
