import type { JacobianRequest, JacobianSource } from "../state/float64-jacobian.js";
import type { Linearizer } from "../state/linearizer.js";
import type { Polynomials } from "../state/polynomials.js";
import type { ErrorTest, PackedDynamics, Reading, StateSpace, StepSpan } from "../state/state-space.js";

/**
 * How steps are made: all that the solvers know of a method. What makes a step may be explicit or implicit, and may remember earlier steps.
 */
export interface Method {
  readonly name: string;
  /** Order p of the solution that is propagated. */
  readonly order: number;
  /** Whether its steps come with an error, by which their length can be chosen. */
  readonly estimatesError: boolean;
  /** Order of the error estimate plus 1, by which the next step is chosen. Default: `order`. */
  readonly errorOrder?: number;
  /** Of methods whose steps solve equations with ∂f/∂y: makes what solves them in float64. `stepper` is given it. */
  readonly implicit?: (source: JacobianSource | JacobianRequest) => Linearizer<Float64Array>;
  /** Of those: whether their order rests on ∂f/∂y being exact, as that of methods that iterate does not. */
  readonly exactJacobian?: boolean;
  /** Whether its steps bring along by how much the next is longer: no controller applies. */
  readonly choosesOrder?: boolean;
  /** Whether it solves states of numbers alone. */
  readonly float64Only?: boolean;
  /** Whether its steps are made of earlier ones as well: a solve then can't be taken up in its middle from a state alone. */
  readonly remembersSteps?: boolean;
  /** What chooses the steps' lengths where the caller names no controller. Default: the classic one. */
  readonly controller?: () => LengthController;
  /** Makes the steps of one solve of y′ = f(t, y). */
  stepper<V>(space: StateSpace<V>, f: PackedDynamics<V>, linearizer?: Linearizer<V>): Stepper<V>;
  /** The same method with straight lines between its steps. */
  linear(): Method;
  /** Coefficients of R(z) = 1 + z + …, by which a step multiplies the solution of y′ = λ y, z = h λ. Left out where R is no polynomial. */
  stabilityPolynomial?(): number[];
}

/** Chooses the length of the next step. */
export interface LengthController {
  /**
   * By how much the next step is longer.
   *
   * @param ratio of the step tried last: norm of its error in units of what it may be; it is accepted up to 1; NaN and Infinity where it failed
   * @param length of that step, positive
   */
  factor(ratio: number, length: number): number;
}

/** Dense output: y(t0 + x h) = y0 + h Σᵢ pᵢ(x) kᵢ over the stages, with f(t1, y1) as one more stage where it is needed. */
export interface DenseOutput {
  /** q: the error inside one step that starts from exact values is O(h^(q+1)), for every x. */
  readonly order: number;
  readonly polynomials: Polynomials;
  /** Whether the last polynomial belongs to f(t1, y1). A solve evaluates that at the start of its next step anyway. */
  readonly usesEndSlope: boolean;
}

/** What a step is tried with. */
export interface StepTrial<V> {
  readonly span: StepSpan;
  /** The time that stages at t1 are given: t1, or just before it where f jumps at t1. */
  readonly endTime: number;
  readonly y0: V;
  /** f(t0, y0). */
  readonly f0: V;
  /** What the error is measured in; undefined: it is not estimated. */
  readonly tolerances: ErrorTest<V> | undefined;
  /**
   * What went before: an accepted step to (t0, y0), another trial from there that was rejected, or none that counts, since the solve starts here or
   * the solution or f jumps.
   */
  readonly after: "start" | "step" | "rejection";
}

/** A step that was tried. */
export interface Attempt<V> {
  /** Belongs to the stepping loop. */
  readonly y1: V;
  /** Norm of the estimated error; 0 when it is not estimated, NaN or Infinity where the step failed and a shorter one may do. */
  readonly ratio: Reading;
  /** What failed, where that is known: `y1` is then of no use. */
  readonly failed?: "newton";
  /** Which of its ways of making steps made this one, where a method has several. */
  readonly by?: string;
  /** How many times as long the next step is to be, of methods that choose it themselves. Default: the controller's choice. */
  readonly factor?: number;
}

/** Makes the steps of one solve, one after the other. All but `attempt` is about the step tried last. */
export interface Stepper<V> {
  /**
   * Tries a step. States that outlive the call are returned from the space's `scope`. A step that must know scalars on the way (whether an
   * iteration converges) yields them.
   */
  attempt(trial: StepTrial<V>): Attempt<V> | Generator<Reading, Attempt<V>, number>;
  readonly dense: DenseOutput;
  /**
   * Of steps that `attempt` makes unrecorded (`StateSpace.quietly`): the same step once it is accepted, where a gradient is recorded, in operations that
   * the gradient goes through. Its y1 takes the place of the attempt's; slopes are those recorded from then on.
   */
  record?(): V;
  /** What `dense` combines, f(t0, y0) first where that is among it. May evaluate f(t1, y1). */
  slopes(): readonly V[];
  /** f(t1, y1), where the step has come by it. */
  endSlope(): V | undefined;
  /** The step is over: recycles its states but y1, f(t0, y0) and `kept`. */
  release(kept?: V): void;
}
