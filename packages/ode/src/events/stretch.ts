import type { Reading } from "../state/state-space.js";
import { describeStatus, type Status } from "../status.js";
import type { Problem, StepWatch } from "../stepping/problem.js";
import type { Recorder } from "../stepping/recorder.js";
import type { Step } from "../stepping/step.js";
import { type EventSearch, type Root, SignWatch } from "./sign-watch.js";

/** An event of several that are looked for. */
export interface Searched<V> {
  readonly search: EventSearch<V>;
  /** Its value where the stretch before ended, unless it happened there. */
  readonly before: number | undefined;
  /** Told of each time it happens; says whether the stretch ends there. */
  happens(): boolean;
}

/** An event that happened, with the state that was kept. */
export interface Happened {
  /** Which event. */
  readonly event: number;
  /** Which of the times and states that are kept. */
  readonly point: number;
}

/**
 * Keeps what is wanted of a stretch of a solve, from one change of the state to the next: its start, the states at output times and where events
 * happen. It ends at the first event that says so.
 */
export class Stretch<V> implements Recorder<V> {
  readonly #problem: Problem<V>;
  readonly #events: readonly Searched<V>[];
  readonly #outputs: ArrayLike<number>;
  readonly #direction: number;
  readonly times: number[];
  readonly states: V[];
  /** Where the outputs are among them; the first is the start. */
  readonly outputs = [0];
  readonly happened: Happened[] = [];
  /** Events at which the stretch ended, those of one time in the order in which they were listed. */
  readonly stops: number[] = [];
  /** Values at the end, before its change, of events that did not happen there. */
  readonly valuesAtEnd: (number | undefined)[] = [];
  /** Where event functions were NaN first. */
  nanAt: number | undefined;
  /** Events of the current step, and where it ended early. */
  #roots: { event: number; t: number }[] = [];
  #end: number | undefined;

  /** @param outputs in the direction of integration; the first is the start */
  constructor(problem: Problem<V>, events: readonly Searched<V>[], outputs: ArrayLike<number>) {
    const { space, t0, t1, y0 } = problem;
    this.#problem = problem;
    this.#events = events;
    this.#outputs = outputs;
    this.#direction = t1 >= t0 ? 1 : -1;
    this.times = [t0];
    this.states = [space.scope(() => space.clone(y0))];
  }

  needsDense(): boolean {
    return true;
  }

  *watch(): Generator<Reading, StepWatch<V>, number> {
    const watches = this.#events.map(({ search }) => new SignWatch(this.#problem, search));
    for (const [i, watch] of watches.entries()) yield* watch.start(this.#events[i]!.before);
    const stretch = this;
    return function* look(step) {
      stretch.#roots = [];
      const status = yield* stretch.#look(step, watches);
      for (const { nanAt } of watches) if (nanAt !== undefined && !stretch.#isAfterEnd(nanAt)) stretch.nanAt ??= nanAt;
      return status;
    };
  }

  /** How a stretch ended that went as far as it should. */
  arrival(): Status {
    return describeStatus(this.stops.length > 0 ? "event" : "finished", this.times.at(-1)!, 0);
  }

  onStep(step: Step<V>): undefined {
    const roots = this.#roots;
    for (;;) {
      const root = roots[0];
      const output = this.#outputs[this.outputs.length];
      const next =
        Math.min(...[root?.t, output].filter((t) => t !== undefined).map((t) => t * this.#direction)) * this.#direction;
      if (!((next - step.span.t1) * this.#direction <= 0) || this.#isAfterEnd(next)) return undefined;
      const point = this.#keep(step, next);
      if (output === next) this.outputs.push(point);
      for (; roots[0]?.t === next; roots.shift()) this.happened.push({ event: roots[0].event, point });
    }
  }

  /** Roots of all events in the order of their times, until one of them ends the stretch. */
  *#look(step: Step<V>, watches: readonly SignWatch<V>[]): Generator<Reading, Status | undefined, number> {
    const pending: (Root | undefined)[] = [];
    for (const watch of watches) pending.push(yield* watch.next(step));
    for (;;) {
      const event = this.#first(pending);
      if (event < 0) return undefined;
      const { t: root, failure } = pending[event]!;
      if (failure) return failure;
      const t = this.#onOutput(root, event, step);
      if (this.#happens(event, t)) {
        this.#end = t;
        // What happens at the same time must not get lost: a search that goes on from here would take it for a root that it leaves behind.
        const others = pending.map((root, i) => (i !== event && root && this.#isAt(t, root, i, step) ? i : -1));
        for (const other of others.filter((i) => i >= 0)) this.#happens(other, t);
        this.stops.sort((a, b) => a - b);
        yield* this.#lookAtEnd(t, step);
        return describeStatus("event", t, step.span.h);
      }
      pending[event] = yield* watches[event]!.next(step);
    }
  }

  /** Looks at the events that did not happen where the stretch ends: the next one goes on with their signs. */
  *#lookAtEnd(t: number, step: Step<V>): Generator<Reading, void, number> {
    const { space } = this.#problem;
    const mark = space.mark?.();
    for (const [i, { search }] of this.#events.entries()) {
      if (this.#roots.some((root) => root.event === i && this.#isAt(t, root, i, step))) continue;
      this.valuesAtEnd[i] = yield space.scope(() => search.value(t, step.evaluate(t)));
    }
    space.rewind?.(mark);
  }

  /** Which root comes first; of those at one time the first listed. −1: there is none. */
  #first(roots: readonly (Root | undefined)[]): number {
    let first = -1;
    roots.forEach((root, i) => {
      if (root && (first < 0 || (root.t - roots[first]!.t) * this.#direction < 0)) first = i;
    });
    return first;
  }

  #happens(event: number, t: number): boolean {
    this.#roots.push({ event, t });
    const ends = this.#events[event]!.happens();
    if (ends) this.stops.push(event);
    return ends;
  }

  /** The output time at a root, as far as its search lets times tell: that output holds the state before a change. Else the root. */
  #onOutput(t: number, event: number, { span }: Step<V>): number {
    const apart = 2 * this.#events[event]!.search.resolution * Math.max(Math.abs(span.t0), Math.abs(span.t1));
    const beyond = (time: number, limit: number) => (time - limit) * this.#direction;
    for (let i = this.outputs.length; i < this.#outputs.length; i++) {
      const output = this.#outputs[i]!;
      if (beyond(output, t) > apart || beyond(output, span.t1) > 0) break;
      if (beyond(output, t) >= -apart) return output;
    }
    return t;
  }

  /** Whether a root is at this time, as far as rounding lets states and times tell. */
  #isAt(t: number, root: Root, event: number, { span }: Step<V>): boolean {
    const { rounding } = this.#events[event]!.search;
    return !root.failure && Math.abs(root.t - t) <= rounding.state * Math.abs(span.h) + rounding.time * Math.abs(t);
  }

  #isAfterEnd(t: number): boolean {
    return this.#end !== undefined && (t - this.#end) * this.#direction > 0;
  }

  #keep(step: Step<V>, t: number): number {
    const last = this.times.length - 1;
    if (this.times[last] === t) return last;
    this.times.push(t);
    this.states.push(this.#problem.space.scope(() => step.evaluate(t)));
    return last + 1;
  }
}
