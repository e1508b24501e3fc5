import { powerOfTwo } from "@latentflow/core/linear-algebra";
import { type Bidiagonal, toBidiagonal } from "./bidiagonal.js";

/** Singular values below this share of the largest count as 0: float64 has hardly smaller numbers. */
const NOTHING = 1e-300;

/**
 * Singular values of a square matrix a [n, n] of finite numbers, largest first; a stays as it is. They are found by bisection on the bidiagonal
 * form, where nothing can fail to converge.
 *
 * @returns infinite entries where float64 cannot hold a singular value
 */
export function singularValuesOf(a: Float64Array, n: number): Float64Array {
  const scale = powerOfTwo(a);
  const scaled = a.map((x) => x / scale);
  const offDiagonal = golubKahan(toBidiagonal(scaled, n));
  const ascending = new Float64Array(n);
  const high = boundOf(offDiagonal);
  const low = NOTHING * high;
  bisect(offDiagonal, ascending, low, high, countBelow(offDiagonal, low), n);
  return ascending.map((x) => x * scale).reverse();
}

/** The off-diagonal of the symmetric tridiagonal matrix with zero diagonal whose eigenvalues are plus and minus the singular values. */
function golubKahan({ diagonal, above }: Bidiagonal): Float64Array {
  return Float64Array.from({ length: diagonal.length + above.length }, (_, i) => (i % 2 === 0 ? diagonal : above)[i >> 1]!);
}

/** No singular value lies above (Gershgorin). */
function boundOf(offDiagonal: Float64Array): number {
  const sums = offDiagonal.map((x, i) => Math.abs(x) + Math.abs(offDiagonal[i + 1] ?? 0));
  return 2 * sums.reduce((a, b) => Math.max(a, b));
}

/** Fills in the singular values number `from` to `to` − 1 of ascending order, which lie between low and high. */
function bisect(offDiagonal: Float64Array, ascending: Float64Array, low: number, high: number, from: number, to: number): void {
  if (from === to) return;
  // The geometric mean finds the power of two, the arithmetic one the digits.
  const middle = high > 4 * low ? Math.sqrt(low) * Math.sqrt(high) : low + (high - low) / 2;
  if (high - low <= Number.EPSILON * high || middle <= low || middle >= high) {
    ascending.fill(middle, from, to);
    return;
  }
  const below = countBelow(offDiagonal, middle);
  bisect(offDiagonal, ascending, low, middle, from, below);
  bisect(offDiagonal, ascending, middle, high, below, to);
}

/** How many singular values lie below x > 0: the signs of the pivots of T − xI say how many eigenvalues do (Sylvester's law of inertia). */
function countBelow(offDiagonal: Float64Array, x: number): number {
  let pivot = -x;
  let negative = 1;
  for (let i = 0; i < offDiagonal.length; i++) {
    const z = offDiagonal[i]!;
    // In this order nothing underflows that matters; an infinite pivot is as good as any.
    pivot = -x - (z / pivot) * z;
    if (pivot === 0) pivot = -Number.MIN_VALUE;
    if (pivot < 0) negative++;
  }
  return negative - (offDiagonal.length + 1) / 2;
}
