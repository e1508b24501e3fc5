import type { DeclaredOptions, GivenOptions } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { readOptions, toFinite } from "../input/checks.js";

const INTERVAL = {
  /** Share of the sample that lies within (default 0.95); 0 gives the median twice. */
  confidence: { default: 0.95, min: 0, max: 1 },
} as const satisfies DeclaredOptions;

/**
 * Ends of a sample's central share, percentiles linear between order statistics, as `numpy.percentile` gives them: of a bootstrap's resamples, its
 * percentile interval.
 *
 * @throws MetricsError for an empty sample, and numbers that are not finite
 */
export function percentileInterval(values: ArrayLike<number>, options: GivenOptions<typeof INTERVAL> = {}): [number, number] {
  const { confidence } = readOptions("percentileInterval", INTERVAL, options);
  const checked = toFinite("percentileInterval", "values", values);
  if (checked.length === 0) throw new MetricsError("percentileInterval: expected one value or more, got none.");
  return centralShare(checked, confidence);
}

/** The same unchecked; [NaN, NaN] for an empty sample. */
export function centralShare(values: ArrayLike<number>, confidence: number): [number, number] {
  const sorted = Float64Array.from(values).sort();
  return [percentileOf(sorted, (1 - confidence) / 2), percentileOf(sorted, (1 + confidence) / 2)];
}

/** The quantile q of sorted numbers, linear between order statistics; NaN of none. */
export function percentileOf(sorted: Float64Array, q: number): number {
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] ?? Number.NaN;
  return low + (position - below) * ((sorted[below + 1] ?? low) - low);
}
