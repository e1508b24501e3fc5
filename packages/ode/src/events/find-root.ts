import type { Reading } from "../state/state-space.js";

/** A time and the value of the event function there. */
export interface Point {
  readonly t: number;
  readonly value: number;
}

/** Evaluations of the event function per search; bisection alone would need about 52. */
const MAX_EVALUATIONS = 100;

/**
 * A root between two points of opposite sign, by the ITP method (Oliveira & Takahashi, ACM TOMS 47 (2020)): superlinear, and never more
 * evaluations than bisection plus one.
 *
 * @param resolution relative resolution of times
 * @returns the point with the smallest value, or one whose value is NaN
 */
export function* findRoot(
  at: (t: number) => Reading,
  start: Point,
  end: Point,
  resolution: number,
): Generator<Reading, Point, number> {
  let [a, b] = [start, end];
  const epsilon = Math.max(resolution * Math.max(Math.abs(a.t), Math.abs(b.t)), Number.MIN_VALUE);
  const width = Math.abs(b.t - a.t);
  const bisections = Math.ceil(Math.log2(Math.max(1, width / (2 * epsilon))));
  const [slack, kappa1, kappa2] = [1, 0.2 / width, 2];
  for (let j = 0; j < MAX_EVALUATIONS && Math.abs(b.t - a.t) > 2 * epsilon && b.value !== 0; j++) {
    const middle = (a.t + b.t) / 2;
    const secant = (b.value * a.t - a.value * b.t) / (b.value - a.value);
    // Infinite values still have a sign.
    const falsePosition = Number.isFinite(secant) ? secant : middle;
    const toMiddle = Math.sign(middle - falsePosition);
    const truncation = Math.min(kappa1 * Math.abs(b.t - a.t) ** kappa2, Math.abs(middle - falsePosition));
    const truncated = falsePosition + toMiddle * truncation;
    const radius = Math.max(0, epsilon * 2 ** (bisections + slack - j) - Math.abs(b.t - a.t) / 2);
    const t = Math.abs(truncated - middle) <= radius ? truncated : middle - toMiddle * radius;
    if (t === a.t || t === b.t) break;
    const point = { t, value: yield at(t) };
    if (point.value === 0 || Number.isNaN(point.value)) return point;
    if (point.value > 0 === b.value > 0) b = point;
    else a = point;
  }
  return Math.abs(a.value) < Math.abs(b.value) ? a : b;
}
