import type { CheckedEvents } from "../input/check-events.js";
import { type CheckedCall, requireArrival } from "../input/problem.js";
import { describeStatus, newStatistics, type Statistics, type Status } from "../status.js";
import { missedEvent } from "./sign-watch.js";
import type { Stretch } from "./stretch.js";

/** What differs between numbers and tensors. `At` is a time: a number, or a scalar that gradients reach. */
export interface EventArithmetic<V, At> {
  /** Time and state of an event that was found, such that gradients reach them. */
  at(event: number, t: number, y: V): { readonly t: At; readonly y: V };
  /** The state after the event's change. */
  change(event: number, t: At, y: V): V;
  /** The state from which the solve goes on at a time that moves. */
  begin(t: At, y: V): V;
  /** The state at the output time of this index. */
  output(index: number, y: V): V;
}

/** Times and states of an event, before it changed anything. */
export interface Occurrences<V, At> {
  readonly t: At[];
  readonly y: V[];
}

/** A stretch that was solved, with the states that it kept as gradients go through them. */
export interface SolvedStretch<V> {
  readonly stretch: Stretch<V>;
  readonly states: readonly V[];
  readonly status: Status;
}

/** A solve with events, put together of stretches that end where an event changes the state. */
export class EventsRun<V, At> {
  readonly #checked: CheckedEvents;
  readonly #arithmetic: EventArithmetic<V, At>;
  readonly #counts: number[];
  /** Values of event functions where the last stretch ended, of those that did not happen there. */
  #values: readonly (number | undefined)[] = [];
  readonly statistics: Statistics = newStatistics();
  readonly outputs: V[] = [];
  readonly occurrences: readonly Occurrences<V, At>[];
  /** Where the next stretch starts. */
  t: number;
  y: V;
  /** How the solve ended; undefined while it goes on. */
  status: Status | undefined;
  /** Where it ended, and by which event. */
  end: { readonly t: At | number; readonly event: number | undefined } | undefined;

  constructor(checked: CheckedEvents, arithmetic: EventArithmetic<V, At>, y0: V) {
    this.#checked = checked;
    this.#arithmetic = arithmetic;
    this.#counts = checked.events.map(() => 0);
    this.occurrences = checked.events.map(() => ({ t: [], y: [] }));
    this.t = checked.times.values[0]!;
    this.y = y0;
  }

  /** The solve from here to its end, were there no events. */
  get call(): CheckedCall {
    const { times, options } = this.#checked;
    const { t } = this;
    const values = times.values.slice(this.outputs.length);
    const direction = times.values.at(-1)! >= times.values[0]! ? 1 : -1;
    const { grid, onProgress, onStatistics } = options;
    const rest = grid && { grid: [t, ...Array.from(grid).filter((node) => (node - t) * direction > 0)] };
    const [first, last] = [times.values[0]!, times.values.at(-1)!];
    return {
      ...this.#checked,
      statistics: this.statistics,
      times: { values: this.outputs.length === 0 ? values : Float64Array.of(t, ...values), tensor: undefined },
      options: {
        ...options,
        ...rest,
        ...(onProgress && {
          onProgress: (progress) => onProgress({ ...progress, fraction: (progress.t - first) / (last - first) }),
        }),
        // Of gradients, which come later.
        ...(onStatistics && { onStatistics: (cost) => this.status && onStatistics(cost) }),
      },
    };
  }

  /** The value of an event function where the last stretch ended, before its change; undefined where the event happened there. */
  valueBefore(event: number): number | undefined {
    return this.#values[event];
  }

  /** Counts one more of an event; says whether the stretch ends there. */
  happens(event: number): boolean {
    this.#counts[event]!++;
    return this.#checked.events[event]!.apply !== undefined || this.#isTerminal(event);
  }

  /** Takes in a stretch: its outputs, its events, and the change at its end. */
  take({ stretch, states, status }: SolvedStretch<V>): void {
    const { caller, times, events } = this.#checked;
    if (stretch.nanAt !== undefined && (status.kind === "finished" || status.kind === "event"))
      requireArrival(caller, missedEvent(status, stretch.nanAt));
    requireArrival(caller, status);
    // The first stretch starts at an output, later ones where the one before ended.
    for (const point of stretch.outputs.slice(this.outputs.length === 0 ? 0 : 1))
      this.outputs.push(this.#arithmetic.output(this.outputs.length, states[point]!));
    let last: { readonly t: At; readonly y: V } | undefined;
    for (const { event, point } of stretch.happened) {
      last = this.#arithmetic.at(event, stretch.times[point]!, states[point]!);
      this.occurrences[event]!.t.push(last.t);
      this.occurrences[event]!.y.push(last.y);
    }
    const end = times.values.at(-1)!;
    if (status.kind === "finished" || last === undefined) {
      this.#finish(status, end, undefined);
      this.y = this.outputs.at(-1)!;
      return;
    }
    this.y = last.y;
    this.t = stretch.times.at(-1)!;
    this.#values = stretch.valuesAtEnd;
    for (const event of stretch.stops) if (events[event]!.apply) this.y = this.#arithmetic.change(event, last.t, this.y);
    const terminal = stretch.stops.find((event) => this.#isTerminal(event));
    if (terminal !== undefined) this.#finish(status, last.t, terminal);
    else if (this.t === end) this.#finish(describeStatus("finished", end, 0), end, undefined);
    else this.y = this.#arithmetic.begin(last.t, this.y);
  }

  #finish(status: Status, t: At | number, event: number | undefined): void {
    this.status = status;
    this.end = { t, event };
  }

  #isTerminal(event: number): boolean {
    return this.#counts[event]! >= this.#checked.events[event]!.terminal;
  }
}
