import { describeValue, type Generator } from "@latentflow/core";
import { add, mul, reshape, sub, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { toNumbers } from "../input/matrix.js";

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
  if (typeof generator?.synthesize !== "function") {
    throw new LatentEditError(`withTruncation: expected a generator with synthesize(w), got ${describeValue(generator)}.`);
  }
  const { latentDim, rowCount } = generator;
  const numbers = toNumbers("withTruncation", "meanLatent", meanLatent);
  if (numbers.length !== latentDim || !Number.isFinite(psi) || !numbers.every(Number.isFinite)) {
    throw new LatentEditError(
      `withTruncation: expected a finite psi and a mean latent of ${latentDim} finite numbers, got ${describeValue(psi)} and ${numbers.length}${numbers.every(Number.isFinite) ? "" : ", some not finite"}.`,
    );
  }
  const mean = Float32Array.from(numbers);
  return {
    latentDim,
    ...(rowCount === undefined ? {} : { rowCount }),
    synthesize: (w: Tensor) =>
      tidy(() => {
        const centre = reshape(tensor1d(mean), w.rank === 3 ? [1, 1, latentDim] : [1, latentDim]);
        return generator.synthesize(add(centre, mul(sub(w, centre), psi)));
      }),
  };
}
