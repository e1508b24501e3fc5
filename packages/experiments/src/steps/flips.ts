import { firstFlips, type Labels } from "@latentflow/metrics";
import type { Analysis } from "../results/experiment-results.js";
import { percentiles } from "../results/numbers.js";

/**
 * Histogram of first flips over equally spaced times. A bin holds a whole number of times, the last one what is left: bins that cut between
 * times would hold now one and now two of them, and show steps that are not there.
 *
 * @param most bins at most
 */
export function flipHistogramOf(
  labels: Labels,
  attribute: number,
  times: readonly number[],
  most: number,
): Analysis["flipHistogram"] {
  const steps = times.length - 1;
  const { counts, never, distance } = firstFlips(labels, { attributeIndex: attribute, times, bins: steps });
  const width = Math.ceil(steps / most);
  const starts = Array.from({ length: Math.ceil(steps / width) }, (_, i) => i * width);
  const flipped = Array.from(distance).filter(Number.isFinite);
  return {
    edges: [...starts, steps].map((i) => times[i]!),
    counts: starts.map((start) => counts.subarray(start, start + width).reduce((sum, n) => sum + n, 0)),
    never,
    median: flipped.length === 0 ? null : percentiles(flipped, 0)[0],
  };
}
