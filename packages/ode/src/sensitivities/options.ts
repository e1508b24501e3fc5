import type { CommonOptions, OutputStepOptions, StepOptions } from "../input/options.js";
import type { AnyFloat64State, Dynamics, Stacked, StateOf } from "../types.js";
import type { ForEachNumber } from "./for-each-number.js";

/** Whose derivatives are wanted. */
export type SensitivitiesOf = "parameters" | "y0" | "both";

/** What is known of f's derivatives, for solves that need them whatever their method. */
export interface DerivativeOptions<S, P> {
  /** ∂f/∂y, as for implicit methods. Default: by central differences of f. */
  jacobian?(t: number, y: StateOf<S>, parameters: StateOf<P>): ArrayLike<number> | readonly ArrayLike<number>[];
  /** [lower, upper], how many places left and right of the diagonal ∂f/∂y may differ from 0. Default: no band. */
  readonly jacobianBand?: readonly [lower: number, upper: number];
  /**
   * ∂f/∂p: row i the derivatives of f's number i with respect to the parameters, in the order in which their tree holds its numbers (records by
   * sorted key); nested rows, or one flat array. Default: by central differences of f.
   */
  parameterJacobian?(t: number, y: StateOf<S>, parameters: StateOf<P>): ArrayLike<number> | readonly ArrayLike<number>[];
  /**
   * Typical sizes of the parameters, one for all or nested as they are: what differences are taken beside, and what a sensitivity is multiplied
   * by to be measured with y's tolerances. Default: each parameter's own size, 1 where it is 0.
   */
  readonly scales?: number | ForEachNumber<P, number>;
}

/** Options of `sensitivities`: those of `odeint`, without `args`. */
export type SensitivityOptions<S = never, P = never, W extends SensitivitiesOf = "both", Name = never> = Omit<
  CommonOptions<undefined, S>,
  "args" | "jacobian" | "jacobianBand"
> &
  (StepOptions<S, Name> | OutputStepOptions) &
  DerivativeOptions<S, P> & {
    /** With respect to what: each costs an equation of y's size. Default `both`. */
    readonly of?: W;
  };

/** y at the output times, and its derivatives there, each shaped as y. */
export interface Sensitivities<S, P, W extends SensitivitiesOf = "both"> {
  /** As `odeint` gives it: y0's tree with a new first axis of times. */
  readonly y: Stacked<S>;
  /** ∂y/∂p, nested as the parameters: one tree as `y` for each number in them. */
  readonly parameters: W extends "y0" ? undefined : ForEachNumber<P, Stacked<S>>;
  /** ∂y/∂y0, nested as y0: one tree as `y` for each number in it. */
  readonly y0: W extends "parameters" ? undefined : ForEachNumber<S, Stacked<S>>;
}

/** dy/dt = f(t, y, parameters) on numbers. */
export type ParametricDynamics<S extends AnyFloat64State, P> = Dynamics<S, StateOf<P>>;
