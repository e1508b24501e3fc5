import type { AdaptiveMethodName } from "../methods/index.js";
import type { Statistics, Status } from "../status.js";
import type { ScalarOf, Slope, Stacked, StateOf } from "../types.js";
import type { EventFunction } from "./event-options.js";
import type {
  AdaptiveStepOptions,
  BackwardOptions,
  CommonOptions,
  ConstantStepOptions,
  GridOptions,
  OutputStepOptions,
} from "./options.js";

/** One event of several. `T` is the type of times that f receives. */
export interface WatchedEvent<S, A = undefined, T = number> {
  /** Changes sign at the event. A value of 0 where the solve, or a stretch of it after a change, starts is no event. */
  readonly event: EventFunction<S, A, T>;
  /** Which changes of sign count, in the direction of integration: upward (1), downward (−1), or both (0, default). */
  readonly direction?: -1 | 0 | 1;
  /** Whether the solve ends at the event; a number: at so many of them. Default false. */
  readonly terminal?: boolean | number;
  /**
   * The state with which the solve goes on, nested as y0; also where it ends. A change of an event function's sign by the change itself is no
   * event. Default: unchanged.
   */
  apply?(t: ScalarOf<S>, y: StateOf<S>, args: A): Slope<S>;
  /** How many evenly spaced times of each step the event function is evaluated at. Default 1: the end of the step. */
  readonly eventChecks?: number;
}

/** Options of `odeintEvents`. */
export type EventsOptions<
  S,
  A = undefined,
  T = number,
  Name extends string = string,
  Method = AdaptiveMethodName,
> = CommonOptions<A, S> &
  (Omit<AdaptiveStepOptions<S, Method>, "endpoint"> | ConstantStepOptions<Method> | GridOptions<Method> | OutputStepOptions) & {
    /** What is looked for, by names of the caller's own. Where two happen at one time, the first listed comes first. */
    readonly events: { readonly [K in Name]: WatchedEvent<S, A, T> };
  };

/** How gradients of `odeintEvents` are computed, on tensors. */
export interface EventsGradientOptions {
  /**
   * As of `odeint` and `odeintAdjoint`, for the stretches between changes: through the operations of every step (`steps`, default), through steps
   * computed again (`checkpointed`), or by the adjoint equation (`adjoint`). First order, since times of events are.
   */
  readonly gradient?: "steps" | "checkpointed" | "adjoint";
  /** With `gradient: "adjoint"`: how each stretch is integrated backward. */
  readonly adjoint?: BackwardOptions;
}

/** When an event happened, and in which states. */
export interface EventOccurrences<S> {
  /** Times, Tensor1D on tensors; differentiable. */
  readonly t: Stacked<ScalarOf<S>>;
  /** States then, before `apply`, along a new first axis; differentiable. */
  readonly y: Stacked<S>;
}

/** What a solve with events found. */
export interface EventsResult<S, Name extends string = string> {
  /** Output times that were reached: all of t, or those up to a terminal event. */
  readonly t: Float64Array;
  /** States at these times, along a new first axis; at the time of an event, before its change. Differentiable. */
  readonly y: Stacked<S>;
  /** What happened, by event. */
  readonly events: { readonly [K in Name]: EventOccurrences<S> };
  /** Where the solve ended, after the change of an event there. Differentiable. */
  readonly end: {
    readonly t: ScalarOf<S>;
    readonly y: StateOf<S>;
    /** The terminal event; undefined: it reached the last time. */
    readonly event: Name | undefined;
  };
  readonly status: Status;
  readonly stats: Statistics;
}
