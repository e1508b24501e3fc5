import type { Tolerances } from "../types.js";

/** One member of a packed state: a number, or a Float64Array of some length. */
export interface Member {
  readonly offset: number;
  readonly length: number;
  readonly isNumber: boolean;
}

/** `out = Σ weights[j] · slopes[j]` over as many terms as there are of both; terms of weight 0 are skipped. */
export function weightedSum(out: Float64Array, weights: Float64Array, slopes: readonly Float64Array[]): void {
  out.fill(0);
  for (let j = 0; j < Math.min(weights.length, slopes.length); j++) {
    const weight = weights[j]!;
    if (weight === 0) continue;
    const slope = slopes[j]!;
    for (let i = 0; i < out.length; i++) out[i]! += weight * slope[i]!;
  }
}

/** Largest member's RMS of `error / (atol + rtol · max(|a|, |b|))`. */
export function largestRms(
  members: readonly Member[],
  error: Float64Array,
  a: Float64Array,
  b: Float64Array,
  { rtol, atol }: Tolerances,
): number {
  let largest = 0;
  for (const { offset, length } of members) {
    let squares = 0;
    for (let i = offset; i < offset + length; i++) {
      const scaled = error[i]! / (atol + rtol * Math.max(Math.abs(a[i]!), Math.abs(b[i]!)));
      squares += scaled * scaled;
    }
    const rms = length === 0 ? 0 : Math.sqrt(squares / length);
    // Written so that NaN wins: a solver must see it.
    if (!(rms <= largest)) largest = rms;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}
