import type { Generator } from "@latentflow/core";
import { add, mul, reshape, sub, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "./errors.js";

export interface Truncation {
  /** ψ: 1 changes nothing, 0 gives the mean image. Paper: 0.7 (1 for Isaac3D). */
  readonly psi: number;
  /** Mean of many mapped codes, [d]. */
  readonly meanLatent: ArrayLike<number>;
}

/**
 * A generator that pulls codes towards the mean latent first: w ↦ mean + ψ(w − mean). It sits after the flow, as in the paper, so an edit and
 * its time are about untruncated codes.
 */
export function withTruncation(generator: Generator, psi: number, meanLatent: ArrayLike<number>): Generator {
  const { latentDim, numLayers } = generator;
  if (meanLatent.length !== latentDim || !Number.isFinite(psi)) {
    throw new LatentEditError(
      `withTruncation: expected a finite psi and a mean latent of ${latentDim} numbers, got ${psi} and ${meanLatent.length}.`,
    );
  }
  const mean = Float32Array.from(meanLatent);
  return {
    latentDim,
    ...(numLayers === undefined ? {} : { numLayers }),
    synthesize: (w: Tensor) =>
      tidy(() => {
        const centre = reshape(tensor1d(mean), w.rank === 3 ? [1, 1, latentDim] : [1, latentDim]);
        return generator.synthesize(add(centre, mul(sub(w, centre), psi)));
      }),
  };
}
