/** Why a solve ended. */
export type StatusKind = "finished" | "event" | "maxSteps" | "stepUnderflow" | "notFinite" | "notConverged";

/** How a solve ended: the cause, and the time and step size at which it came. */
export interface Status {
  readonly kind: StatusKind;
  /** Time reached. */
  readonly t: number;
  /** Step size tried last (0 before the first step). */
  readonly step: number;
  /** One sentence for a person, with what to do about it. */
  readonly message: string;
}

/** What a solve cost. */
export interface Statistics {
  /** Evaluations of f, forward. */
  nfe: number;
  /** Steps taken. */
  accepted: number;
  /** Steps tried and thrown away because their error estimate was too large. */
  rejected: number;
  /** Steps of length minStep that were taken though their error was too large: see `atMinStep`. */
  forced?: number;
  /** Steps taken by each of the methods that `auto` changes between. */
  stepsBy?: Record<string, number>;
  /** Steps of an implicit method that were shortened, or given up, because their Newton iterations did not converge. */
  newtonFailures?: number;
  /** Jacobians ∂f/∂y that an implicit method took. */
  jacobians?: number;
  /** Matrices that it factored. */
  factorizations?: number;
  /** Evaluations of f for Jacobians by differences; not among `nfe`. */
  nfeJacobian?: number;
  /** Evaluations of f made for the gradient; each continuous-adjoint evaluation includes one vector-Jacobian product. */
  nfeBackward: number;
  /** Where the continuous adjoint left backward integration and used stored states instead; absent while it did not. */
  fallback?: Fallback;
  /**
   * With `perSample`: the same of each row. Where evaluations above are calls of f, on however many rows, each of these is one of a row; the steps
   * above are the sum of these.
   */
  rows?: readonly Statistics[];
}

/** Why and where `odeintAdjoint` fell back to stored states. */
export interface Fallback {
  /** The time interval [earlier output, later output] on which backward integration failed first. */
  readonly interval: readonly [number, number];
  /** `reconstruction`: y integrated backward missed the stored output; otherwise how the backward solve ended. */
  readonly cause: "reconstruction" | StatusKind;
  /**
   * Distance between reconstructed and stored state in units of atol + rtol |y|, at least, where the reconstructed one outgrew all stored
   * ones before it arrived; NaN when the backward solve failed otherwise.
   */
  readonly deviation: number;
  /** Intervals between outputs that were differentiated through stored states. */
  intervals: number;
}

/** What `onProgress` receives after each accepted step. */
export interface Progress {
  readonly t: number;
  /** Share of [t0, t1] behind us, 0 to 1. */
  readonly fraction: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly nfe: number;
}

export function newStatistics(): Statistics {
  return { nfe: 0, accepted: 0, rejected: 0, nfeBackward: 0 };
}

/** A copy that a solve which counts on does not change. */
export function copyStatistics(statistics: Statistics): Statistics {
  const { stepsBy } = statistics;
  return { ...statistics, ...(stepsBy && { stepsBy: { ...stepsBy } }) };
}

/**
 * The sentence that belongs to each way of ending.
 *
 * @param advice in place of its usual end, for maxSteps and for notFinite after the first step
 */
export function describeStatus(kind: StatusKind, t: number, step: number, advice?: string): Status {
  const at = `t = ${t} with step ${step}`;
  const message = {
    finished: `finished at t = ${t}.`,
    event: `stopped by its event at t = ${t}.`,
    maxSteps: `reached maxSteps at ${at}; ${advice ?? "raise maxSteps, loosen rtol and atol, or integrate a shorter interval."}`,
    stepUnderflow: `the step became too small at ${at}: the solution may have a singularity there, f may jump (give jumpTimes), the problem may be stiff, or the tolerances, maxStep or stepSize are below what the number type can hold.`,
    notConverged: `Newton's iterations did not converge at ${at}${advice ?? ", however small the step: f may jump there (give jumpTimes), or its jacobian may be wrong."}`,
    notFinite:
      step === 0
        ? `y0 or f(t, y0) holds NaN or Infinity at t = ${t}; check f and y0.`
        : `f returned NaN or Infinity near ${at}${advice ?? ", however small the step; check f and y0 there."}`,
  }[kind];
  return { kind, t, step, message };
}
