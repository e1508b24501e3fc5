import { reflect, reflectColumns, reflectRows } from "./householder.js";

/** Diagonal [n] and superdiagonal [n − 1] of an upper bidiagonal matrix. */
export interface Bidiagonal {
  readonly diagonal: Float64Array;
  readonly above: Float64Array;
}

/** Brings a square matrix [n, n], which is destroyed, to upper bidiagonal form by Householder reflectors from both sides (Golub and Kahan, 1965). */
export function toBidiagonal(a: Float64Array, n: number): Bidiagonal {
  const diagonal = new Float64Array(n);
  const above = new Float64Array(Math.max(0, n - 1));
  const v = new Float64Array(n);
  const sums = new Float64Array(n);
  for (let k = 0; k < n; k++) {
    for (let i = k; i < n; i++) v[i - k] = a[i * n + k]!;
    const left = reflect(v, n - k);
    diagonal[k] = left.beta;
    if (k === n - 1) break;
    reflectRows(a, n, v, left.tau, k, n - k, k + 1, sums);
    for (let j = k + 1; j < n; j++) v[j - k - 1] = a[k * n + j]!;
    const right = reflect(v, n - k - 1);
    above[k] = right.beta;
    reflectColumns(a, n, v, right.tau, k + 1, k + 1);
  }
  return { diagonal, above };
}
