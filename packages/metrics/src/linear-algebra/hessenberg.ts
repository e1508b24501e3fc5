import { reflect, reflectColumns, reflectRows } from "./householder.js";

/** Brings a square matrix [n, n] to upper Hessenberg form (0 below the first subdiagonal) by Householder reflectors, in place. */
export function toHessenberg(a: Float64Array, n: number): void {
  const v = new Float64Array(n);
  const sums = new Float64Array(n);
  for (let k = 0; k < n - 2; k++) {
    const length = n - k - 1;
    for (let i = 0; i < length; i++) v[i] = a[(k + 1 + i) * n + k]!;
    const { tau, beta } = reflect(v, length);
    reflectRows(a, n, v, tau, k + 1, length, k + 1, sums);
    reflectColumns(a, n, v, tau, 0, k + 1);
    for (let i = 0; i < length; i++) a[(k + 1 + i) * n + k] = i === 0 ? beta : 0;
  }
}
