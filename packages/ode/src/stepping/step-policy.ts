import type { LengthController } from "../methods/method.js";
import type { StepSpan } from "../state/state-space.js";
import type { Tolerances } from "../types.js";

/** Decides where steps end. */
export interface StepPolicy {
  /** The next step from t; undefined when the solve has arrived; "too small" where t can't be told from the step's end. */
  propose(t: number): StepSpan | undefined | "too small";
  /** No step is longer. */
  readonly largestStep: number;
  /** How errors are measured; undefined for steps that are taken whatever their error. */
  readonly tolerances: Tolerances | undefined;
  /**
   * Whether a step with this error ratio is accepted, and what follows from it.
   *
   * @param factor how many times as long the next is to be, where the method knows
   */
  judge(ratio: number, factor?: number): "accept" | "retry" | "too small";
  /** Share of the interval that lies behind t. */
  fraction(t: number): number;
  /** Length wanted for the next step, positive, and what chooses it; absent for given steps. */
  readonly wanted?: number;
  readonly controller?: LengthController;
  /** No step is longer than this; without effect on given steps. */
  longest?: number;
}

/** Steps between given nodes. */
export class GridPolicy implements StepPolicy {
  readonly tolerances = undefined;
  readonly largestStep = Number.POSITIVE_INFINITY;
  readonly #nodes: ArrayLike<number>;
  #next = 1;

  constructor(nodes: ArrayLike<number>) {
    this.#nodes = nodes;
  }

  propose(t0: number): StepSpan | undefined {
    const t1 = this.#nodes[this.#next];
    if (t1 === undefined) return undefined;
    this.#next++;
    return { t0, t1, h: t1 - t0 };
  }

  judge(): "accept" {
    return "accept";
  }

  fraction(t: number): number {
    const first = this.#nodes[0]!;
    const last = this.#nodes[this.#nodes.length - 1]!;
    return first === last ? 1 : (t - first) / (last - first);
  }
}

/** What `AdaptivePolicy` needs. */
export interface AdaptiveSettings {
  readonly t0: number;
  readonly t1: number;
  readonly firstStep: number;
  readonly minStep: number;
  readonly maxStep: number;
  /** Whether the last step may pass t1. */
  readonly overshoot: boolean;
  /** Times between t0 and t1, in the direction of integration, at which a step must end. */
  readonly stops: readonly number[];
  readonly controller: LengthController;
  readonly tolerances: Tolerances;
  /** Told of each step of length minStep that is taken though its error is too large; undefined: the solve fails there. */
  readonly onForced?: (() => void) | undefined;
}

/** A step that would end this close before a stop goes there at once (as Hairer's DOP853 does). */
const STRETCH = 1.01;

/** Below this many units in the last place of t a step can't be told from none. */
const SMALLEST_STEP = 4 * Number.EPSILON;

/** The same where f is not finite, as a share of the way behind: rounding would allow hundreds of shorter and shorter steps at t = 0. */
const SMALLEST_SHARE = Number.EPSILON ** 2;

/** Steps chosen by an error estimate. */
export class AdaptivePolicy implements StepPolicy {
  readonly tolerances: Tolerances;
  readonly largestStep: number;
  readonly controller: LengthController;
  readonly #settings: AdaptiveSettings;
  readonly #direction: number;
  readonly #stops: readonly number[];
  #nextStop = 0;
  /** Length wanted for the next step, positive. */
  wanted: number;
  longest = Number.POSITIVE_INFINITY;
  /** Length proposed last, and whether a stop cut it short. */
  #tried = 0;
  #cut = false;
  #t = 0;

  constructor(settings: AdaptiveSettings) {
    this.#settings = settings;
    this.tolerances = settings.tolerances;
    this.largestStep = settings.maxStep;
    this.controller = settings.controller;
    this.#direction = settings.t1 >= settings.t0 ? 1 : -1;
    this.#stops = settings.overshoot ? settings.stops : [...settings.stops, settings.t1];
    this.wanted = Math.min(Math.max(settings.firstStep, settings.minStep), settings.maxStep);
  }

  propose(t0: number): StepSpan | undefined | "too small" {
    const { t1: end, maxStep } = this.#settings;
    const direction = this.#direction;
    if ((end - t0) * direction <= 0) return undefined;
    while (this.#nextStop < this.#stops.length && (this.#stops[this.#nextStop]! - t0) * direction <= 0) this.#nextStop++;
    this.#t = t0;
    // A first step below the resolution of t would never leave it.
    const smallest = SMALLEST_STEP * Math.abs(t0);
    if (maxStep < smallest) return "too small";
    this.wanted = Math.min(Math.max(Math.min(this.wanted, this.longest), smallest), Number.MAX_VALUE / 2);
    const stop = this.#stops[this.#nextStop];
    if (stop !== undefined && STRETCH * this.wanted >= Math.abs(stop - t0)) {
      this.#cut = true;
      this.#tried = Math.abs(stop - t0);
      return { t0, t1: stop, h: stop - t0 };
    }
    this.#cut = false;
    const t1 = t0 + direction * this.wanted;
    // Only where there is no end: all that numbers can hold lies behind.
    if (!Number.isFinite(t1)) return undefined;
    // The step as it really is after rounding, so that a replay of the nodes repeats it bit by bit.
    const h = t1 - t0;
    this.#tried = Math.abs(h);
    return { t0, t1, h };
  }

  judge(ratio: number, factor?: number): "accept" | "retry" | "too small" {
    const { controller, maxStep, minStep, onForced } = this.#settings;
    const next = this.#tried * (factor ?? controller.factor(ratio, this.#tried));
    const accepted = ratio <= 1;
    // After a step cut short, the length wanted before it still stands.
    const longer = accepted ? Math.max(next, minStep, this.#cut ? this.wanted : 0) : next;
    this.wanted = Math.min(maxStep, longer);
    if (accepted) return "accept";
    if (onForced && Number.isFinite(ratio)) {
      this.wanted = Math.max(minStep, this.wanted);
      if (this.#tried > minStep * STRETCH) return "retry";
      onForced();
      return "accept";
    }
    const share = Number.isFinite(ratio) ? 0 : SMALLEST_SHARE * this.#way();
    const smallest = Math.max(minStep, SMALLEST_STEP * Math.abs(this.#t), share, Number.MIN_VALUE);
    return this.wanted <= smallest ? "too small" : "retry";
  }

  /** Length of the way behind; at its start, of the first step. */
  #way(): number {
    const { t0, t1, firstStep } = this.#settings;
    return Math.max(Math.abs(this.#t - t0), Math.min(firstStep, Math.abs(t1 - t0)));
  }

  fraction(t: number): number {
    const { t0, t1 } = this.#settings;
    return Math.min(1, (t - t0) / (t1 - t0));
  }
}
