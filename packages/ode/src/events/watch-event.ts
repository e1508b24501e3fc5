import { throwIfAborted } from "@latentflow/core";
import type { Reading } from "../state/state-space.js";
import { describeStatus, type Status } from "../status.js";
import type { Problem, StepWatch } from "../stepping/problem.js";
import type { Step } from "../stepping/step.js";
import { findRoot, type Point } from "./find-root.js";
import { leaveRoot, type Rounding } from "./leave-root.js";

/** Where a sign changed. */
export interface FoundEvent<V> {
  readonly t: number;
  readonly y: V;
}

/** What is looked for. */
export interface EventSearch<V> {
  /** The event function, off the tape; allocates only its result. */
  readonly value: (t: number, y: V) => Reading;
  /** Which changes of sign count, in the direction of integration: upward (1), downward (−1) or both (0). */
  readonly direction: -1 | 0 | 1;
  /** How many evenly spaced times of each step are looked at, its end the last. */
  readonly checks: number;
  /** Relative resolution of the event's time. */
  readonly resolution: number;
  readonly rounding: Rounding;
}

/**
 * Watches an event function for a change of sign from look to look, then finds it on the step's dense output. Where the function was NaN
 * between looks of different signs, an event must have been missed: the solve stops as `notFinite`.
 */
export class EventWatch<V> {
  readonly #problem: Problem<V>;
  readonly #search: EventSearch<V>;
  /** The event, its state owned by the space. */
  found: FoundEvent<V> | undefined;
  /** Where the event function was NaN first. */
  nanAt: number | undefined;

  constructor(problem: Problem<V>, search: EventSearch<V>) {
    this.#problem = problem;
    this.#search = search;
  }

  /** Evaluates the event function at the start of the solve; the result looks at each step. */
  *start(): Generator<Reading, StepWatch<V>, number> {
    const { caller, signal, space, t0, y0 } = this.#problem;
    const { value, checks, rounding } = this.#search;
    let last = this.#look({ t: t0, value: yield space.scope(() => value(t0, y0)) });
    // The last look that was no NaN.
    let known = last;
    const watch = this;
    return function* look(step: Step<V>) {
      const { t0: start, t1: end, h } = step.span;
      const at = (t: number) => space.scope(() => value(t, step.evaluate(t)));
      for (let k = 1; k <= checks; k++) {
        throwIfAborted(caller, signal);
        const t = k === checks ? end : start + (k / checks) * h;
        const next = watch.#look({ t, value: yield k === checks ? space.scope(() => value(end, step.y1)) : at(t) });
        if (!Number.isNaN(last.value) && !Number.isNaN(next.value)) {
          // Later in the solve, only a value of exactly 0 that did not count as an event can stand at the start of an interval.
          if (last.t === t0 || last.value === 0) last = yield* leaveRoot({ space, step, value, rounding }, last, next);
          if (watch.#crosses(last, next)) {
            const root = yield* findRoot(at, last, next, watch.#search.resolution);
            if (Number.isNaN(root.value)) return notANumber(root.t, last.t, next.t);
            watch.found = { t: root.t, y: space.scope(() => step.evaluate(root.t)) };
            return describeStatus("event", root.t, h);
          }
        } else if (watch.#crosses(known, next)) return notANumber(watch.nanAt!, known.t, next.t);
        // A point at the interval's end is one where the function has not left a root yet.
        if (last.t !== next.t) last = next;
        if (!Number.isNaN(next.value)) known = next;
      }
      return undefined;
    };
  }

  #look(point: Point): Point {
    if (Number.isNaN(point.value)) this.nanAt ??= point.t;
    return point;
  }

  /** Whether the sign changes as it should from one point to a later one. Nothing is known of a sign where a value is NaN, or 0 before. */
  #crosses(from: Point, to: Point): boolean {
    const { direction } = this.#search;
    if (from.value === 0 || Number.isNaN(from.value) || Number.isNaN(to.value)) return false;
    const changes = to.value === 0 || from.value > 0 !== to.value > 0;
    return changes && (direction === 0 || from.value < 0 === direction > 0);
  }
}

function notANumber(t: number, from: number, to: number): Status {
  const message = `expected event to be a number where its sign changes, between t = ${from} and ${to}, got NaN at ${t}.`;
  return { kind: "notFinite", t, step: to - from, message };
}
