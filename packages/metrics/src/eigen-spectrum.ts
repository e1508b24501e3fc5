import { EigenvalueDecomposition } from "ml-matrix";
import { checkFraction, checkOptions } from "./checks.js";
import { type MatrixLike, squareMatrix } from "./matrix.js";

/** Eigenvalues of a real matrix, largest modulus first. */
export interface EigenSpectrum {
  readonly real: Float64Array;
  readonly imaginary: Float64Array;
  readonly modulus: Float64Array;
}

/**
 * Eigenvalues μ of the matrix A of a depth-1 flow. In A's eigenbasis, without the normalisation (which only changes the clock), each
 * coordinate obeys du/dt = μu + c: large |μ| is the fast subspace, μ ≈ 0 moves almost straight (paper, section 5.2.5).
 *
 * @param options.plusIdentity take A = W + I, the residual layer's own matrix, in place of W (default false)
 */
export function eigenSpectrum(a: MatrixLike, options: { plusIdentity?: boolean } = {}): EigenSpectrum {
  checkOptions("eigenSpectrum", options, ["plusIdentity"]);
  const matrix = squareMatrix("eigenSpectrum", a, options.plusIdentity ?? false);
  const { realEigenvalues, imaginaryEigenvalues } = new EigenvalueDecomposition(matrix);
  const order = realEigenvalues.map((real, i) => ({ real, imaginary: imaginaryEigenvalues[i]! }));
  order.sort((x, y) => Math.hypot(y.real, y.imaginary) - Math.hypot(x.real, x.imaginary));
  return {
    real: Float64Array.from(order, (x) => x.real),
    imaginary: Float64Array.from(order, (x) => x.imaginary),
    modulus: Float64Array.from(order, (x) => Math.hypot(x.real, x.imaginary)),
  };
}

/**
 * Number of eigenvalues in the fast subspace: those with |μ| ≥ threshold · max |μ|.
 *
 * @param options.threshold in (0, 1), default 0.1
 */
export function fastSubspaceDimension(spectrum: EigenSpectrum, options: { threshold?: number } = {}): number {
  checkOptions("fastSubspaceDimension", options, ["threshold"]);
  const threshold = checkFraction("fastSubspaceDimension", "threshold", options.threshold ?? 0.1);
  const largest = spectrum.modulus[0] ?? 0;
  return largest === 0 ? 0 : spectrum.modulus.filter((x) => x >= threshold * largest).length;
}
