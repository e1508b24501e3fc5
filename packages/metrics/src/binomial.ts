import { checkFraction, checkInteger, checkOptions } from "./checks.js";
import { binomialPmf, normalQuantile } from "./special-functions.js";

/**
 * Exact two-sided binomial test: the probability, under success rate p, of all counts no more likely than the observed one.
 * Equal to `scipy.stats.binomtest`.
 *
 * @param options.p success rate of the null hypothesis (default 0.5)
 */
export function binomialTest(successes: number, trials: number, options: { p?: number } = {}): number {
  checkOptions("binomialTest", options, ["p"]);
  checkInteger("binomialTest", "trials", trials, 1);
  checkInteger("binomialTest", "successes", successes, 0, trials);
  const p = checkFraction("binomialTest", "p", options.p ?? 0.5);
  // Counts that are equally likely in exact arithmetic must not be told apart by rounding: the same allowance as SciPy's and R's.
  const limit = binomialPmf(successes, trials, p) * (1 + 1e-7);
  let total = 0;
  for (let k = 0; k <= trials; k++) {
    const probability = binomialPmf(k, trials, p);
    if (probability <= limit) total += probability;
  }
  return Math.min(1, total);
}

/**
 * Wilson's score interval of a proportion (E. B. Wilson, 1927), no continuity correction. Unlike the normal interval it stays inside [0, 1]
 * and holds its coverage at the ends.
 *
 * @param options.confidence default 0.95
 */
export function wilsonInterval(successes: number, trials: number, options: { confidence?: number } = {}): [number, number] {
  checkOptions("wilsonInterval", options, ["confidence"]);
  checkInteger("wilsonInterval", "trials", trials, 1);
  checkInteger("wilsonInterval", "successes", successes, 0, trials);
  const z = normalQuantile((1 + checkFraction("wilsonInterval", "confidence", options.confidence ?? 0.95)) / 2);
  const share = successes / trials;
  const centre = (share + (z * z) / (2 * trials)) / (1 + (z * z) / trials);
  const half = (z / (1 + (z * z) / trials)) * Math.sqrt((share * (1 - share)) / trials + (z * z) / (4 * trials * trials));
  return [successes === 0 ? 0 : centre - half, successes === trials ? 1 : centre + half];
}
