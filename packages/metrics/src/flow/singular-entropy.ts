import type { DeclaredOptions, GivenOptions } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { checkInteger, readOptions } from "../input/checks.js";
import { type MatrixLike, squareMatrix } from "../input/matrix.js";
import { singularValuesOf } from "../linear-algebra/singular-values.js";

const ENTROPY = {
  /** How many of the largest singular values count (default all). The paper leaves out the tail, as noise of training. */
  k: { optional: true, min: 1, integer: true },
  /**
   * Measure A + I in place of A (default false). A depth-1 flow is residual, f(w) = (W + I)w + b, so "the matrix" can mean W or W + I;
   * the result's `matrix` names the one that was measured.
   */
  plusIdentity: { default: false },
} as const satisfies DeclaredOptions;

export interface SingularEntropyOptions extends GivenOptions<typeof ENTROPY> {}

export interface SingularEntropy {
  /** S = −Σ σ̂ ln σ̂ in nats, σ̂ = σ/Σσ over the first k (equation 8). */
  readonly entropy: number;
  /** exp(S): about how many directions the fast subspace spans. */
  readonly effectiveDimension: number;
  readonly k: number;
  /** Whether the given matrix or the given one plus I was measured. */
  readonly matrix: "W" | "W + I";
  /** All of them, largest first. */
  readonly singularValues: Float64Array;
}

/**
 * Singular entropy of a square matrix (paper, equation 8): a proxy for the log-dimension of the subspace in which a flow is far from straight.
 *
 * @param a the weight W of a depth-1 flow, as trained
 * @throws MetricsError for a matrix that is not square or not finite, the zero matrix, or singular values beyond float64
 */
export function singularEntropy(a: MatrixLike, options: SingularEntropyOptions = {}): SingularEntropy {
  const { plusIdentity, ...given } = readOptions("singularEntropy", ENTROPY, options);
  const { data, size } = squareMatrix("singularEntropy", a, plusIdentity);
  const k = checkInteger("singularEntropy", "k", given.k ?? size, 1, size);
  const singularValues = singularValuesOf(data, size);
  const entropy = entropyOfWeights(singularValues.subarray(0, k));
  return { entropy, effectiveDimension: Math.exp(entropy), k, matrix: plusIdentity ? "W + I" : "W", singularValues };
}

/** Entropy in nats of non-negative weights after division by their sum. */
function entropyOfWeights(weights: Float64Array): number {
  // Largest first.
  const largest = weights[0]!;
  if (largest === 0) throw new MetricsError("singularEntropy: expected a matrix other than 0, got only zero singular values.");
  if (largest === Number.POSITIVE_INFINITY) {
    throw new MetricsError(
      "singularEntropy: expected singular values that float64 can hold, got larger ones; divide the matrix by 1e10, say: the entropy stays the same.",
    );
  }
  const shares = weights.map((weight) => weight / largest);
  const total = shares.reduce((sum, x) => sum + x, 0);
  let entropy = 0;
  for (const share of shares) if (share > 0) entropy -= (share / total) * Math.log(share / total);
  return entropy;
}
