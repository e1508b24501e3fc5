import { type DeclaredOptions, describeValue, type GivenOptions } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { readOptions, SHARE, toFinite } from "../input/checks.js";
import { type MatrixLike, squareMatrix } from "../input/matrix.js";
import { eigenvaluesOf } from "../linear-algebra/eigenvalues.js";

/** Eigenvalues of a real matrix, largest modulus first. */
export interface EigenSpectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly modulus: Float64Array;
}

const SPECTRUM = {
  /** Take A = W + I, the residual layer's own matrix, in place of W (default false). */
  plusIdentity: { default: false },
} as const satisfies DeclaredOptions;

const FAST = {
  /** Share of the largest modulus from which an eigenvalue is fast (default 0.1). */
  threshold: { default: 0.1, ...SHARE },
} as const satisfies DeclaredOptions;

/**
 * Eigenvalues μ of the matrix A of a depth-1 flow. In A's eigenbasis, without the normalisation (which only changes the clock), each
 * coordinate obeys du/dt = μu + c: large |μ| is the fast subspace, μ ≈ 0 moves almost straight (paper, section 5.2.5).
 *
 * Entries of any size will do: the matrix is balanced and scaled by powers of two first.
 *
 * @param a [n, n]
 * @throws MetricsError for a matrix that is not square or not finite, eigenvalues beyond float64, or an iteration that does not converge
 */
export function eigenSpectrum(a: MatrixLike, options: GivenOptions<typeof SPECTRUM> = {}): EigenSpectrum {
  const { plusIdentity } = readOptions("eigenSpectrum", SPECTRUM, options);
  const { data, size } = squareMatrix("eigenSpectrum", a, plusIdentity);
  const found = eigenvaluesOf(data, size);
  if (found === null) {
    throw new MetricsError(
      `eigenSpectrum: expected the QR algorithm to converge, got no end after ${30 * Math.max(10, size)} sweeps; change an entry in its last digit, or report the matrix.`,
    );
  }
  const order = Array.from(found.real, (real, i) => {
    const imaginary = found.imaginary[i]!;
    return { real, imaginary, modulus: Math.hypot(real, imaginary) };
  });
  if (order.some(({ modulus }) => !Number.isFinite(modulus))) {
    throw new MetricsError(
      "eigenSpectrum: expected eigenvalues that float64 can hold, got larger ones; divide the matrix by 1e10, say, and multiply what comes out.",
    );
  }
  order.sort((x, y) => y.modulus - x.modulus);
  return {
    real: Float64Array.from(order, (x) => x.real),
    imaginary: Float64Array.from(order, (x) => x.imaginary),
    modulus: Float64Array.from(order, (x) => x.modulus),
  };
}

/** Number of eigenvalues in the fast subspace: those with |μ| ≥ threshold · max |μ|. */
export function fastSubspaceDimension(spectrum: EigenSpectrum, options: GivenOptions<typeof FAST> = {}): number {
  const { threshold } = readOptions("fastSubspaceDimension", FAST, options);
  if (typeof spectrum !== "object" || spectrum === null) {
    throw new MetricsError(
      `fastSubspaceDimension: expected a spectrum that eigenSpectrum() gave, got ${describeValue(spectrum)}.`,
    );
  }
  const modulus = toFinite("fastSubspaceDimension", "modulus", spectrum.modulus);
  const largest = modulus.reduce((a, b) => Math.max(a, b), 0);
  return largest === 0 ? 0 : modulus.filter((x) => x >= threshold * largest).length;
}
