import { powerOfTwo } from "@latentflow/core/linear-algebra";
import { MetricsError } from "../errors.js";
import { checkSameLength, type Numbers, toNumbers } from "../input/checks.js";
import { studentTwoSided } from "./special-functions.js";

/** Pearson's correlation coefficient; NaN when either side is constant, or holds a NaN. */
export function pearson(x: Numbers, y: Numbers): number {
  const [xs, ys] = [toNumbers("pearson", "x", x), toNumbers("pearson", "y", y)];
  checkSameLength("pearson", "x and y", xs.length, ys.length);
  const n = xs.length;
  const [dx, dy] = [deviations(xs), deviations(ys)];
  let xx = 0;
  let yy = 0;
  let xy = 0;
  for (let i = 0; i < n; i++) {
    xx += dx[i]! * dx[i]!;
    yy += dy[i]! * dy[i]!;
    xy += dx[i]! * dy[i]!;
  }
  if (xx === 0 || yy === 0) return Number.NaN;
  // √(xx·yy), not √xx·√yy: of equal sums it is exact, so that a perfect correlation gives 1 and not a rounding less.
  return Math.max(-1, Math.min(1, xy / Math.sqrt(xx * yy)));
}

/** Differences from the mean, scaled to a largest of 1 so that sums of squares neither overflow nor vanish; zeros where all values are equal. */
function deviations(values: Float64Array): Float64Array {
  const scale = powerOfTwo(values);
  const data = values.map((value) => value / scale);
  // Told from the values: the mean of equal ones can differ from them by a rounding.
  if (data.every((value) => value === data[0])) return new Float64Array(data.length);
  const mean = data.reduce((a, b) => a + b, 0) / data.length;
  const differences = data.map((value) => value - mean);
  const largest = differences.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return differences.map((value) => value / largest);
}

/** Ranks from 1, ties sharing their mean rank. */
export function ranks(values: Numbers): Float64Array {
  const numbers = toNumbers("ranks", "values", values);
  const strange = numbers.findIndex(Number.isNaN);
  if (strange >= 0) throw new MetricsError(`ranks: expected numbers, got NaN at ${strange}; leave that pair out.`);
  // Not a difference: that of equal infinities is NaN.
  const compare = (a: number, b: number) => Number(numbers[a]! > numbers[b]!) - Number(numbers[a]! < numbers[b]!);
  const order = Array.from(numbers.keys()).sort(compare);
  const result = new Float64Array(numbers.length);
  for (let start = 0; start < order.length; ) {
    let end = start + 1;
    while (end < order.length && numbers[order[end]!] === numbers[order[start]!]) end++;
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
 * @throws MetricsError for fewer than 3 pairs, different lengths, or NaN
 */
export function spearman(x: Numbers, y: Numbers): Spearman {
  const [xs, ys] = [toNumbers("spearman", "x", x), toNumbers("spearman", "y", y)];
  checkSameLength("spearman", "x and y", xs.length, ys.length);
  const n = xs.length;
  if (n < 3) throw new MetricsError(`spearman: expected 3 pairs or more, got ${n}.`);
  const rho = pearson(ranks(xs), ranks(ys));
  const t = rho * Math.sqrt((n - 2) / ((1 - rho) * (1 + rho)));
  return { rho, pValue: Number.isNaN(rho) ? Number.NaN : studentTwoSided(t, n - 2), n };
}
