import type { CommonOptions, OutputStepOptions, StepOptions } from "../input/options.js";
import type { ForEachNumber } from "../sensitivities/for-each-number.js";
import type { DerivativeOptions } from "../sensitivities/options.js";
import type { StateOf, Times } from "../types.js";

/** Numbers at each time: rows, or one number each. */
export type Observations = readonly (number | ArrayLike<number>)[] | Float64Array;

/** One run of the system that was observed. */
export interface DataSet<S, P> {
  /** The state at t0, or how it follows from the parameters. */
  readonly y0: S | ((parameters: StateOf<P>) => S);
  /** Times of the observations, strictly increasing or decreasing. */
  readonly t: Times;
  /** Time of y0. Default: the first of the observations. */
  readonly t0?: number;
  /** What was observed at each time, one number for each component; NaN where one is missing. */
  readonly values: Observations;
  /** Which of the state's numbers were observed, counted in y0's order (records by sorted key). Default: all. */
  readonly components?: readonly number[];
  /** Standard deviation of the observations: one for all, one for each component, or rows as `values`. Default 1, and then the errors' size is estimated. */
  readonly sigma?: number | readonly number[] | readonly ArrayLike<number>[];
}

/** How a fit stands after an iteration. */
export interface FitProgress<P> {
  readonly iteration: number;
  /** Σ ((y − value) / sigma)². */
  readonly sum: number;
  readonly parameters: StateOf<P>;
}

/** Options of `fit`: those of a solve besides. */
export type FitOptions<S = never, P = never, Name = never> = Omit<
  CommonOptions<undefined, S>,
  "args" | "jacobian" | "jacobianBand" | "onProgress" | "onStatistics" | "onStep"
> &
  (StepOptions<S, Name> | OutputStepOptions) &
  DerivativeOptions<S, P> & {
    /** Bounds of the parameters, one for all or nested as they are; steps are cut off there. Default: none. */
    readonly lower?: number | ForEachNumber<P, number>;
    readonly upper?: number | ForEachNumber<P, number>;
    /** Default 100. */
    readonly maxIterations?: number;
    /** The fit is done where no step is foretold to lower the sum of squares by more than this share. Default 1e-10. */
    readonly tolerance?: number;
    /** Called after each iteration. */
    readonly onProgress?: (progress: FitProgress<P>) => void;
  };

/**
 * How a fit ended. `converged`: the sum of squares is least here. `undetermined`: it is, but also elsewhere: the observations do not tell all
 * parameters. `maxIterations`, `noProgress`: it might be less elsewhere.
 */
export interface FitStatus {
  readonly kind: "converged" | "undetermined" | "maxIterations" | "noProgress";
  /** One sentence for a person, with what to do about it. */
  readonly message: string;
}

/** What a fit found. */
export interface Fit<P> {
  readonly status: FitStatus;
  readonly parameters: StateOf<P>;
  /**
   * Standard errors of the parameters, nested as they are, from the linearised model at the end; 0 for one held by its bound, Infinity where the
   * observations do not determine them.
   */
  readonly standardErrors: ForEachNumber<P, number>;
  /** Covariances of the parameters, in the order of their numbers: rows. (JᵀJ)⁻¹; where a data set has no sigma, times the residuals' variance. */
  readonly covariance: readonly Float64Array[];
  /** Σ ((y − value) / sigma)². */
  readonly sum: number;
  /** (y − value) / sigma of each data set, a row a time; NaN where nothing was observed. */
  readonly residuals: readonly (readonly Float64Array[])[];
  /** How many numbers were observed. */
  readonly observations: number;
  readonly iterations: number;
}
