import { OdeError } from "../errors.js";
import type { Reading, StateSpace } from "../state/state-space.js";
import type { StepWatch } from "./integrate.js";
import type { Step } from "./step.js";

/** Where a sign changed. */
export interface FoundEvent<V> {
  readonly t: number;
  readonly y: V;
}

/** Evaluations of the event function per search; bisection alone would need about 52. */
const MAX_EVALUATIONS = 100;

/** A point of the first step that stands for its start, when the event function is 0 there. */
const JUST_INSIDE = 1e-3;

/**
 * Watches for a change of sign from step to step, then finds it on the step's dense output.
 *
 * @param value the event function, off the tape; allocates only its result
 * @param resolution relative resolution of times, that of the number type
 * @param checks how many evenly spaced times of each step are looked at, its end the last
 * @param onFound receives the state at the event, owned by the space
 */
export function* watchEvent<V>(
  space: StateSpace<V>,
  value: (t: number, y: V) => Reading,
  t0: number,
  y0: V,
  resolution: number,
  checks: number,
  onFound: (found: FoundEvent<V>) => void,
): Generator<Reading, StepWatch<V>, number> {
  let previous = yield space.scope(() => value(t0, y0));
  return function* watch(step: Step<V>) {
    const { t0: start, t1: end, h } = step.span;
    const at = (t: number) => space.scope(() => value(t, step.evaluate(t)));
    let low = start;
    if (previous === 0) {
      low = start + JUST_INSIDE * h;
      previous = yield at(low);
    }
    for (let k = 1; k <= checks; k++) {
      const time = k === checks ? end : start + (k / checks) * h;
      const next = yield k === checks ? space.scope(() => value(end, step.y1)) : at(time);
      const known = previous !== 0 && !Number.isNaN(previous) && !Number.isNaN(next);
      if (known && (next === 0 || previous > 0 !== next > 0)) {
        const t = yield* findRoot(at, low, time, previous, next, resolution);
        onFound({ t, y: space.scope(() => step.evaluate(t)) });
        return t;
      }
      low = time;
      previous = next;
    }
    return undefined;
  };
}

/**
 * A root between two times of opposite sign, by the ITP method (Oliveira & Takahashi, ACM TOMS 47 (2020)): superlinear, and never more
 * evaluations than bisection plus one.
 */
function* findRoot(
  at: (t: number) => Reading,
  start: number,
  end: number,
  startValue: number,
  endValue: number,
  resolution: number,
): Generator<Reading, number, number> {
  let [a, b, fa, fb] = [start, end, startValue, endValue];
  const epsilon = Math.max(resolution * Math.max(Math.abs(a), Math.abs(b)), Number.MIN_VALUE);
  const width = Math.abs(b - a);
  const bisections = Math.ceil(Math.log2(Math.max(1, width / (2 * epsilon))));
  const [slack, kappa1, kappa2] = [1, 0.2 / width, 2];
  for (let j = 0; j < MAX_EVALUATIONS && Math.abs(b - a) > 2 * epsilon; j++) {
    if (fb === 0) return b;
    const middle = (a + b) / 2;
    const secant = (fb * a - fa * b) / (fb - fa);
    // Infinite values still have a sign.
    const falsePosition = Number.isFinite(secant) ? secant : middle;
    const toMiddle = Math.sign(middle - falsePosition);
    const truncation = Math.min(kappa1 * Math.abs(b - a) ** kappa2, Math.abs(middle - falsePosition));
    const truncated = falsePosition + toMiddle * truncation;
    const radius = Math.max(0, epsilon * 2 ** (bisections + slack - j) - Math.abs(b - a) / 2);
    const t = Math.abs(truncated - middle) <= radius ? truncated : middle - toMiddle * radius;
    if (t === a || t === b) return t;
    const ft = yield at(t);
    if (ft === 0) return t;
    if (Number.isNaN(ft)) {
      throw new OdeError(
        `odeintEvent: expected event to be a number where its sign changes, between t = ${a} and ${b}, got NaN at ${t}.`,
      );
    }
    if (ft > 0 === fb > 0) [b, fb] = [t, ft];
    else [a, fa] = [t, ft];
  }
  return (a + b) / 2;
}
