import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import type { AdaptiveStepOptions, CommonOptions, ConstantStepOptions, GridOptions } from "./options.js";
import type { Statistics, Status } from "./status.js";
import type { StateOf } from "./types.js";

/** The kinds of leaves in a state. */
type LeafOf<S> = S extends Tensor | number | Float64Array
  ? S
  : S extends readonly (infer E)[]
    ? LeafOf<E>
    : S extends object
      ? LeafOf<S[keyof S]>
      : never;

/** A scalar of a state's own kind: a tensor for tensors, a number for numbers. */
export type ScalarOf<S> = LeafOf<S> extends Tensor ? Scalar : number;

/** The event happens where this function changes sign. `T` is the type of times that f receives. */
export type EventFunction<S, A = undefined, T = number> = (t: T, y: StateOf<S>, args: A) => ScalarOf<S>;

/** Options of `odeintEvent`. */
export type EventOptions<S, A = undefined, T = number> = CommonOptions<A> &
  (Omit<AdaptiveStepOptions, "endpoint"> | ConstantStepOptions | GridOptions) & {
    /** Changes sign at the event. A value of 0 at t0 does not fire it. Two changes between two looks at it go unseen: see eventChecks. */
    readonly event: EventFunction<S, A, T>;
    /**
     * How many evenly spaced times of each step the event function is evaluated at, on dense output but for the step's end. Raise it, or limit
     * maxStep, where the sign may change twice within a step. Default 1: the end of the step.
     */
    readonly eventChecks?: number;
    /** Where to give up looking; before t0 for decreasing times. */
    readonly tMax: number;
  };

/** Where the solve stopped. */
export interface EventResult<S> {
  /** Time of the event, or tMax. Differentiable when it is a tensor. */
  readonly t: ScalarOf<S>;
  /** State at that time; differentiable. */
  readonly y: StateOf<S>;
  /** Whether the event happened before tMax. */
  readonly occurred: boolean;
  readonly status: Status;
  readonly stats: Statistics;
}
