import { stabilityReach } from "../methods/stability.js";
import type { Reading } from "../state/state-space.js";
import type { Tolerances } from "../types.js";
import type { Problem } from "./problem.js";

/** Evaluations of f, at most, and the change at which an estimate counts as settled. */
const MOST_ITERATIONS = 15;
const LEAST_ITERATIONS = 3;
const SETTLED = 0.1;

/** Steps of at least this share of what is stable, through at least this many times of the fastest decay, are held by it and not by errors. */
const SHARE = 0.3;
const MANY_TIMES = 100;

const ONE = Float64Array.of(1);
const DIFFERENCE = Float64Array.of(1, -1);
const ABSOLUTE: Tolerances = { rtol: 0, atol: 1 };

/** Where a solve ran out of steps, with the step that came next. */
export interface LastStep<V> {
  readonly t: number;
  readonly y: V;
  /** f(t, y). */
  readonly slope: V;
  readonly h: number;
}

/**
 * What to do about a solve that ran out of steps, if it was because the problem is stiff: the fastest decay holds the step at the edge of the
 * method's stability region, however smooth the solution. Looked at only now, since it costs evaluations of f: the last step stands for most.
 */
export function* describeStiffness<V>(problem: Problem<V>, last: LastStep<V>): Generator<Reading, string | undefined, number> {
  const { method, t0, t1 } = problem;
  const { t, h } = last;
  const rate = yield* fastestDecay(problem, last);
  const reach = stabilityReach(method);
  if (rate === undefined || rate * Math.abs(h) < SHARE * reach || rate * Math.abs(t - t0) < MANY_TIMES) return undefined;
  const more = ((Math.abs(t1 - t) * rate) / reach).toPrecision(2);
  return `looks stiff: it decays at a rate of about ${rate.toPrecision(2)}, so ${method.name} is stable in steps of ${(reach / rate).toPrecision(2)} only, whatever the tolerances; ${more} more of them would reach t = ${t1}.`;
}

/**
 * Rate of the fastest decay at a state, by a power iteration on differences of f, as in stabilised methods (Sommeijer, Shampine & Verwer, RKC,
 * J. Comput. Appl. Math. 88 (1998)); undefined where the fastest mode does not decay.
 */
function* fastestDecay<V>(
  { space, f }: Problem<V>,
  { t, y, slope }: LastStep<V>,
): Generator<Reading, number | undefined, number> {
  const size = (terms: V[], weights = ONE) => space.scope(() => space.norm(1, weights, terms, y, y, ABSOLUTE));
  const displacement = Math.sqrt(space.epsilon) * ((yield size([y])) || 1);
  const mark = space.mark?.();
  let direction = slope;
  let length = yield size([direction]);
  let rate = Number.NaN;
  for (let k = 0; k < MOST_ITERATIONS && length > 0; k++) {
    let change: V;
    try {
      change = space.scope(() => {
        const displaced = space.combine(y, undefined, Float64Array.of(displacement / length), [direction]);
        return space.combine(undefined, undefined, DIFFERENCE, [f(t, displaced), slope]);
      });
    } catch {
      // A state beside the solution may be none of f's; the solve has ended anyway.
      break;
    }
    const changed = yield size([change]);
    const previous = rate;
    rate = changed / displacement;
    // A decay turns each displacement round.
    const turned = yield size([change, direction], Float64Array.of(1 / changed, 1 / length));
    if (direction !== slope) space.recycle(direction);
    [direction, length] = [change, changed];
    if (k + 1 < LEAST_ITERATIONS || Math.abs(rate - previous) > SETTLED * rate) continue;
    space.rewind?.(mark);
    return turned < 0.5 ? rate : undefined;
  }
  space.rewind?.(mark);
  return undefined;
}
