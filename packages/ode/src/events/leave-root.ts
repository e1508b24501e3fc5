import type { Reading, StateSpace } from "../state/state-space.js";
import type { Step } from "../stepping/step.js";
import type { Tolerances } from "../types.js";
import type { Point } from "./find-root.js";

/** How exactly an event function can be known where an earlier search stopped. */
export interface Rounding {
  /** What rounding leaves of a state's digits, relative to its largest member; with room for the state having been larger before. */
  readonly state: number;
  /** The same of times, relative. */
  readonly time: number;
}

/** The event function of a step. */
export interface EventOnStep<V> {
  readonly space: StateSpace<V>;
  readonly step: Step<V>;
  readonly value: (t: number, y: V) => Reading;
  readonly rounding: Rounding;
}

/** Only a value this much smaller than the next one may be a root's residual. */
const SUSPICIOUS = 0.0625;

/** Probes after a root are this factor apart; the first is as close to it as states can tell. */
const SPREAD = 32;

const ONE = /* @__PURE__ */ Float64Array.of(1);
const DIFFERENCE = /* @__PURE__ */ Float64Array.of(1, -1);
const ABSOLUTE: Tolerances = { rtol: 0, atol: 1 };

/**
 * A search that goes on from an event starts at its root, as exactly as rounding allows: that root must not be found again, and the sign that
 * counts is the one just after it. Returns the first point of the interval where the event function has left the root; `start` where that is
 * no root; and a point of value 0 at the interval's end where the function does not leave it.
 *
 * @param start the interval's first point, on the step
 * @param end its last
 */
export function* leaveRoot<V>(event: EventOnStep<V>, start: Point, end: Point): Generator<Reading, Point, number> {
  if (!(Math.abs(start.value) <= SUSPICIOUS * Math.abs(end.value) || start.value === 0)) return start;
  const { space, step, value } = event;
  const length = end.t - start.t;
  const residual = yield* largestResidual(event, start, end);
  if (Math.abs(start.value) > residual) {
    // A function that is steeper at its root than along the step, such as ∛y, has changed its sign within what states can tell.
    const t = start.t + event.rounding.state * length;
    const value1 = yield space.scope(() => value(t, step.evaluate(t)));
    return Math.sign(value1) === -Math.sign(start.value) ? { t, value: value1 } : start;
  }
  for (let share = event.rounding.state; share < 1; share *= SPREAD) {
    const t = start.t + share * length;
    const point = { t, value: yield space.scope(() => value(t, step.evaluate(t))) };
    if (Math.abs(point.value) > 2 * residual) return point;
  }
  return Math.abs(end.value) > 2 * residual ? end : { t: end.t, value: 0 };
}

/**
 * What rounding can make of a root of the event function at `start`: as much as it changes with the state by then and along the interval, in
 * proportion to what rounding does to states and times.
 */
function* largestResidual<V>(
  { space, step, value, rounding }: EventOnStep<V>,
  start: Point,
  end: Point,
): Generator<Reading, number, number> {
  const { y0 } = step;
  const norm = (weights: Float64Array, terms: V[]) => space.norm(1, weights, terms, y0, y0, ABSOLUTE);
  // A flight may begin and end on the ground: a point within it tells more than its end.
  const inside = start.t + (end.t - start.t) / 4;
  const valueInside = yield space.scope(() => value(inside, step.evaluate(inside)));
  const change = Math.max(Math.abs(end.value - start.value), Math.abs(valueInside - start.value));
  let size = yield space.scope(() => norm(ONE, [y0]));
  let slope = 0;
  for (const t of [inside, end.t]) {
    const moved = yield space.scope(() => norm(DIFFERENCE, [step.evaluate(t), y0]));
    const frozen = yield space.scope(() => value(start.t, step.evaluate(t)));
    if (frozen !== start.value) slope = Math.max(slope, Math.abs(frozen - start.value) / moved);
    size = Math.max(size, moved);
  }
  const fromTime = (rounding.time * change * Math.abs(start.t)) / Math.abs(end.t - start.t);
  const residual = Math.min(rounding.state * slope * size + fromTime, SUSPICIOUS * change);
  return Number.isFinite(residual) ? residual : 0;
}
