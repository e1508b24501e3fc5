import { checkSameLength } from "./checks.js";
import { MetricsError } from "./errors.js";
import { studentTwoSided } from "./special-functions.js";

/** Pearson's correlation coefficient; NaN when either side is constant. */
export function pearson(x: ArrayLike<number>, y: ArrayLike<number>): number {
  checkSameLength("pearson", "x and y", x.length, y.length);
  const n = x.length;
  const meanX = Array.from(x).reduce((a, b) => a + b, 0) / n;
  const meanY = Array.from(y).reduce((a, b) => a + b, 0) / n;
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    const dx = x[i]! - meanX;
    const dy = y[i]! - meanY;
    xx += dx * dx;
    yy += dy * dy;
    xy += dx * dy;
  }
  if (xx === 0 || yy === 0) return Number.NaN;
  // sqrt(xx)·sqrt(yy), not sqrt(xx·yy): the product of two sums can overflow.
  return Math.max(-1, Math.min(1, xy / (Math.sqrt(xx) * Math.sqrt(yy))));
}

/** Ranks from 1, ties sharing their mean rank. */
export function ranks(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, i) => i).sort((a, b) => values[a]! - values[b]!);
  const result = new Float64Array(values.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) result[order[i]!] = (start + 1 + end) / 2;
    start = end;
  }
  return result;
}

export interface Spearman {
  readonly rho: number;
  /** Two-sided, from Student's t with n − 2 degrees of freedom: an approximation for small n, as SciPy's default. */
  readonly pValue: number;
  readonly n: number;
}

/**
 * Spearman's rank correlation with its p-value, ties averaged: equal to `scipy.stats.spearmanr`.
 *
 * @throws MetricsError for fewer than 3 pairs or different lengths
 */
export function spearman(x: ArrayLike<number>, y: ArrayLike<number>): Spearman {
  checkSameLength("spearman", "x and y", x.length, y.length);
  const n = x.length;
  if (n < 3) throw new MetricsError(`spearman: expected 3 pairs or more, got ${n}.`);
  const rho = pearson(ranks(x), ranks(y));
  const t = rho * Math.sqrt((n - 2) / ((1 - rho) * (1 + rho)));
  return { rho, pValue: Number.isNaN(rho) ? Number.NaN : studentTwoSided(t, n - 2), n };
}
