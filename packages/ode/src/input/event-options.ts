import type { AdaptiveMethodName } from "../methods/index.js";
import type { Statistics, Status } from "../status.js";
import type { ScalarOf, StateOf } from "../types.js";
import type { AdaptiveStepOptions, CommonOptions, ConstantStepOptions, GridOptions } from "./options.js";

/** The event happens where this function changes sign. `T` is the type of times that f receives. */
export type EventFunction<S, A = undefined, T = number> = (t: T, y: StateOf<S>, args: A) => ScalarOf<S>;

/** Options of `odeintEvent`. */
export type EventOptions<S, A = undefined, T = number, Name = AdaptiveMethodName> = CommonOptions<A, S> &
  (Omit<AdaptiveStepOptions<S, Name>, "endpoint"> | ConstantStepOptions<Name> | GridOptions<Name>) & {
    /**
     * Changes sign at the event. A search that starts at a root, as exactly as rounding allows, does not find that root: it goes on from an
     * event that an earlier search found. Two changes between two looks go unseen: see eventChecks.
     */
    readonly event: EventFunction<S, A, T>;
    /** Which changes of sign count, in the direction of integration: upward (1), downward (−1), or both (0, default). */
    readonly direction?: -1 | 0 | 1;
    /**
     * How many evenly spaced times of each step the event function is evaluated at, on dense output but for the step's end. Raise it, or limit
     * maxStep, where the sign may change twice within a step. Default 1: the end of the step.
     */
    readonly eventChecks?: number;
    /** Where to give up looking; before t0 for decreasing times. ±Infinity: never, but for maxSteps and signal. */
    readonly maxTime: number;
  };

/** Where the solve stopped. */
export interface EventResult<S> {
  /** Time of the event, or maxTime. Differentiable when it is a tensor. */
  readonly t: ScalarOf<S>;
  /** State at that time; differentiable. */
  readonly y: StateOf<S>;
  /** Whether the event happened before maxTime. */
  readonly occurred: boolean;
  readonly status: Status;
  readonly stats: Statistics;
}
