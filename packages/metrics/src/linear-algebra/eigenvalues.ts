import { powerOfTwo } from "@latentflow/core/linear-algebra";
import { balance, takeIsolated } from "./balance.js";
import { type Eigenvalues, hessenbergEigenvalues } from "./francis.js";
import { toHessenberg } from "./hessenberg.js";

/**
 * Eigenvalues of a real matrix a [n, n] of finite numbers, in no order; a stays as it is. What can be read off is, the rest is balanced and scaled by
 * powers of two, so that entries of any size do, brought to Hessenberg form and handed to the QR algorithm.
 *
 * @returns null when the QR algorithm does not converge; infinite entries where float64 cannot hold an eigenvalue
 */
export function eigenvaluesOf(a: Float64Array, n: number): Eigenvalues | null {
  const { isolated, matrix, size } = takeIsolated(a, n);
  balance(matrix, size);
  const scale = powerOfTwo(matrix);
  for (let i = 0; i < matrix.length; i++) matrix[i]! /= scale;
  toHessenberg(matrix, size);
  const found = hessenbergEigenvalues(matrix, size);
  if (found === null) return null;
  const whole = (values: Float64Array) => values.map((x) => x * scale);
  const none = new Float64Array(isolated.length);
  return {
    real: Float64Array.from([...isolated, ...whole(found.real)]),
    imaginary: Float64Array.from([...none, ...whole(found.imaginary)]),
  };
}
