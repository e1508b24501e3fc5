import { throwIfAborted } from "@latentflow/core";
import type { Reading } from "../state/state-space.js";
import type { Status } from "../status.js";
import type { Problem } from "../stepping/problem.js";
import type { Step } from "../stepping/step.js";
import { findRoot, type Point } from "./find-root.js";
import { leaveRoot, type Rounding } from "./leave-root.js";

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

/** Where an event function changes its sign; with `failure`, where it is NaN between signs that differ: an event must have been missed. */
export interface Root {
  readonly t: number;
  readonly failure?: Status;
}

/** Watches an event function for changes of sign from look to look, and finds each on the step's dense output. */
export class SignWatch<V> {
  readonly #problem: Problem<V>;
  readonly #search: EventSearch<V>;
  #last: Point = { t: Number.NaN, value: Number.NaN };
  /** Whether the start of the solve may be a root that an earlier search stopped at. */
  #startsAtRoot = true;
  /** The last look that was no NaN. */
  #known = this.#last;
  /** Looks taken at the current step. */
  #looks = 0;
  /** Where the event function was NaN first. */
  nanAt: number | undefined;

  constructor(problem: Problem<V>, search: EventSearch<V>) {
    this.#problem = problem;
    this.#search = search;
  }

  /**
   * Looks at the start of the solve.
   *
   * @param before the value there of a search that has stopped for something else: where it is the same, no root is left behind
   */
  *start(before?: number): Generator<Reading, void, number> {
    const { space, t0, y0 } = this.#problem;
    this.#last = this.#look({ t: t0, value: yield space.scope(() => this.#search.value(t0, y0)) });
    this.#known = this.#last;
    this.#startsAtRoot = this.#last.value !== before;
  }

  /** The next root in this step after those that it told before; undefined when the step has no more. */
  *next(step: Step<V>): Generator<Reading, Root | undefined, number> {
    const { space } = this.#problem;
    const mark = space.mark?.();
    const root = yield* this.#goOn(step);
    space.rewind?.(mark);
    return root;
  }

  *#goOn(step: Step<V>): Generator<Reading, Root | undefined, number> {
    const { caller, signal, space, t0 } = this.#problem;
    const { value, checks, rounding, resolution } = this.#search;
    const { t0: start, t1: end, h } = step.span;
    const at = (t: number) => space.scope(() => value(t, step.evaluate(t)));
    while (this.#looks < checks) {
      throwIfAborted(caller, signal);
      const k = ++this.#looks;
      const t = k === checks ? end : start + (k / checks) * h;
      const next = this.#look({ t, value: yield k === checks ? space.scope(() => value(end, step.y1)) : at(t) });
      let last = this.#last;
      const known = this.#known;
      const isNumber = !Number.isNaN(last.value) && !Number.isNaN(next.value);
      // Later in the solve, only a value of exactly 0 can stand at the start of an interval without counting.
      const mayBeRoot = (last.t === t0 && this.#startsAtRoot) || last.value === 0;
      if (isNumber && mayBeRoot) last = yield* leaveRoot({ space, step, value, rounding }, last, next);
      // A point at the interval's end is one where the function has not left a root yet.
      this.#last = last.t === next.t ? last : next;
      if (!Number.isNaN(next.value)) this.#known = next;
      if (isNumber && this.#crosses(last, next)) {
        const root = yield* findRoot(at, last, next, resolution);
        return Number.isNaN(root.value) ? notANumber(root.t, last.t, next.t) : { t: root.t };
      }
      if (!isNumber && this.#crosses(known, next)) return notANumber(this.nanAt!, known.t, next.t);
    }
    this.#looks = 0;
    return undefined;
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

function notANumber(t: number, from: number, to: number): Root {
  const message = `expected event to be a number where its sign changes, between t = ${from} and ${to}, got NaN at ${t}.`;
  return { t: from, failure: { kind: "notFinite", t, step: to - from, message } };
}

/** How a solve ends that was through, but for an event function that was NaN where an event may have been. */
export function missedEvent(status: Status, nanAt: number): Status {
  const message = `expected event to be a number, got NaN at t = ${nanAt}, where an event may have been missed; check event there.`;
  return { ...status, kind: "notFinite", t: nanAt, message };
}
