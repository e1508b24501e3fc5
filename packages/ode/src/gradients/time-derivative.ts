/** Levels of the extrapolation; each halves the difference. */
const LEVELS = 12;
/** Extrapolation ends when its newest error is this many times the best: rounding has taken over. */
const WORSE = 4;
/** Closer than this share of `scale` to an end of the interval, differences are taken to the other side alone. */
const CLOSE = 1 / 16;

/**
 * dg/dt of a function that takes its time as a number: differences extrapolated to zero (Ridders, Adv. Eng. Software 4 (1982)), which find
 * the best compromise of truncation and rounding themselves.
 *
 * @param interval g is never called outside
 * @param scale a length of time over which g is smooth, such as that of a step; the first difference reaches half of it
 */
export function timeDerivative(
  g: (t: number) => number,
  t: number,
  interval: readonly [low: number, high: number],
  scale: number,
): number {
  const [before, after] = [t - interval[0], interval[1] - t];
  const central = Math.min(before, after) >= CLOSE * scale;
  const side = after >= before ? 1 : -1;
  const first = Math.min(scale / 2, central ? Math.min(before, after) : Math.max(before, after));
  const here = central ? 0 : g(t);
  const difference = (delta: number): number => {
    const [left, right] = central ? [t - delta, t + delta] : [t, t + side * delta];
    return (g(right) - (central ? g(left) : here)) / (right - left);
  };
  // Errors are even in a central difference, and go with each power in a one-sided one.
  const base = central ? 4 : 2;
  let best = Number.NaN;
  let bestError = Number.POSITIVE_INFINITY;
  let previous: number[] = [];
  for (let level = 0; level < LEVELS; level++) {
    const row = [difference(first * 2 ** -level)];
    for (let j = 1; j <= previous.length; j++) {
      const factor = base ** j;
      row.push((factor * row[j - 1]! - previous[j - 1]!) / (factor - 1));
      const error = Math.max(Math.abs(row[j]! - row[j - 1]!), Math.abs(row[j]! - previous[j - 1]!));
      if (error < bestError) [best, bestError] = [row[j]!, error];
    }
    const diagonal = Math.abs(row[row.length - 1]! - (previous[previous.length - 1] ?? Number.NaN));
    if (level > 2 && diagonal >= WORSE * bestError) break;
    previous = Number.isFinite(row[0]!) ? row : [];
  }
  return best;
}
