import { type DeclaredOptions, type GivenOptions, isGiven } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { checkInteger, checkSameLength, type Numbers, readOptions, toFinite } from "../input/checks.js";
import { checkLabels, type Labels, labelPath } from "../input/labels.js";

export interface FirstFlips {
  /** Per sample: the first time at which the attribute's class is no longer the one at the start; Infinity when it never changes. */
  readonly distance: Float64Array;
  /** Bin edges, [bins + 1]. */
  readonly edges: Float64Array;
  /** Samples whose first flip lies in (edges[i], edges[i + 1]]. */
  readonly counts: Uint32Array;
  /** Samples that never flip. */
  readonly never: number;
}

const FLIPS = {
  /** Index of the edited attribute. */
  attributeIndex: { min: 0, integer: true },
  /** Of the histogram (default 20). */
  bins: { default: 20, min: 1, integer: true },
  /** Edit lengths of the labels' time axis; since velocity has unit length they are distances in latent space. */
  times: { is: isGiven<Numbers>, expected: "numbers" },
} as const satisfies DeclaredOptions;

/**
 * How far codes travel before an attribute first flips, as a histogram over [0, largest time]. Mass near 0 means that the attribute's
 * values interlace in latent space; mass far out means well separated values (and a jump of the CD curve near its origin).
 */
export function firstFlips(labels: Labels, options: GivenOptions<typeof FLIPS>): FirstFlips {
  const { attributeIndex, bins, times: given } = readOptions("firstFlips", FLIPS, options);
  const checked = checkLabels("firstFlips", labels);
  const [samples, attributes, steps] = checked.shape;
  const times = toFinite("firstFlips", "times", given);
  checkInteger("firstFlips", "attributeIndex", attributeIndex, 0, attributes - 1);
  checkSameLength("firstFlips", "times and the labels' time axis", times.length, steps);
  const largest = Math.abs(times[steps - 1]!);
  if (!(largest > 0)) throw new MetricsError(`firstFlips: expected times that end away from 0, got ${largest}.`);

  const edges = Float64Array.from({ length: bins + 1 }, (_, i) => (largest * i) / bins);
  const counts = new Uint32Array(bins);
  const distance = new Float64Array(samples).fill(Number.POSITIVE_INFINITY);
  let never = 0;
  for (let i = 0; i < samples; i++) {
    const path = labelPath(checked, i, attributeIndex);
    const flip = path.findIndex((label) => label !== path[0]);
    if (flip < 0) {
      never++;
      continue;
    }
    distance[i] = Math.abs(times[flip]!);
    const bin = Math.ceil((distance[i]! / largest) * bins - 1e-9) - 1;
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return { distance, edges, counts, never };
}
