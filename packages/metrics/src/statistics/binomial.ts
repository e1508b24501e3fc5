import type { DeclaredOptions, GivenOptions } from "@latentflow/core";
import { checkInteger, readOptions, SHARE } from "../input/checks.js";
import { binomialPmf, normalQuantile } from "./special-functions.js";

/** The sum takes some √trials terms: a second or two for these. */
const MOST_TRIALS = 1e12;

const TEST = {
  /** Success rate of the null hypothesis (default 0.5). */
  p: { default: 0.5, ...SHARE },
} as const satisfies DeclaredOptions;

const INTERVAL = {
  /** Default 0.95. */
  confidence: { default: 0.95, ...SHARE },
} as const satisfies DeclaredOptions;

/** Options of `wilsonInterval`, and of what is made of such intervals. */
export interface IntervalOptions extends GivenOptions<typeof INTERVAL> {}

/**
 * Exact two-sided binomial test: the probability, under success rate p, of all counts no more likely than the observed one.
 * Equal to `scipy.stats.binomtest`.
 *
 * @param trials up to 1e12
 */
export function binomialTest(successes: number, trials: number, options: GivenOptions<typeof TEST> = {}): number {
  const { p } = readOptions("binomialTest", TEST, options);
  checkInteger("binomialTest", "trials", trials, 1, MOST_TRIALS);
  checkInteger("binomialTest", "successes", successes, 0, trials);
  const pmf = (k: number) => binomialPmf(k, trials, p);
  // Counts that are equally likely in exact arithmetic must not be told apart by rounding: the same allowance as SciPy's and R's.
  const limit = pmf(successes) * (1 + 1e-7);
  const mode = Math.min(trials, Math.floor((trials + 1) * p));
  if (pmf(mode) <= limit) return 1;
  // The counts meant are two tails, since probabilities fall on both sides of the mode. Of many trials only what adds something is summed.
  const low = lastWhere((k) => k <= mode && pmf(k) <= limit, mode);
  const high = trials - lastWhere((k) => trials - k >= mode && pmf(trials - k) <= limit, trials - mode);
  const tail = (start: number, step: number) => {
    let total = 0;
    for (let k = start; k >= 0 && k <= trials; k += step) {
      const probability = pmf(k);
      if (probability <= 1e-20 * total || probability === 0) break;
      total += probability;
    }
    return total;
  };
  return Math.min(1, tail(low, -1) + tail(high, 1));
}

/** The last of 0 … end for which a condition that holds first and then no more still holds; −1 when it never does. */
function lastWhere(holds: (k: number) => boolean, end: number): number {
  let [yes, no] = [-1, end + 1];
  while (no - yes > 1) {
    const middle = yes + Math.floor((no - yes) / 2);
    if (holds(middle)) yes = middle;
    else no = middle;
  }
  return yes;
}

/**
 * Wilson's score interval of a proportion (E. B. Wilson, 1927), no continuity correction. Unlike the normal interval it stays inside [0, 1]
 * and holds its coverage at the ends.
 */
export function wilsonInterval(successes: number, trials: number, options: IntervalOptions = {}): [number, number] {
  const { confidence } = readIntervalOptions("wilsonInterval", options);
  checkInteger("wilsonInterval", "trials", trials, 1);
  checkInteger("wilsonInterval", "successes", successes, 0, trials);
  const z = normalQuantile((1 + confidence) / 2);
  const share = successes / trials;
  const centre = (share + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half = (z / (1 + (z * z) / trials)) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return [successes === 0 ? 0 : centre - half, successes === trials ? 1 : centre + half];
}

export function readIntervalOptions(caller: string, options: IntervalOptions): { readonly confidence: number } {
  return readOptions(caller, INTERVAL, options);
}
