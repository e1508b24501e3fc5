import type { Tensor } from "@tensorflow/tfjs-core";
import type { AdaptiveMethodName, FixedMethodName } from "../methods/index.js";
import type { Method } from "../methods/method.js";
import type { Progress, Statistics } from "../status.js";
import type { ControllerCoefficients, ControllerName } from "../stepping/controller.js";
import type { ScalarOf, StateOf, Tolerance } from "../types.js";

/** Options of every solve. */
export interface CommonOptions<A = undefined, S = never> {
  /** Passed to f as its third argument. Gradients reach the tensors in it. */
  readonly args?: A;
  /** Times at which f is discontinuous: steps end there, and f is asked just before and just after, never across. */
  readonly jumpTimes?: readonly number[];
  /**
   * For implicit methods: ∂f/∂y, row i the derivatives of f's number i, in the order in which y0 holds its numbers; nested rows, or one flat array.
   * Default: by differences of f. On tensors a float32 tensor [d, d], for y0 of shape [n, d] one of shape [n, d, d]; its t is a number also where f's is a
   * tensor. Default: by automatic differentiation, a vector-Jacobian product for each of the d rows.
   */
  jacobian?(t: number, y: StateOf<S>, args: A): ArrayLike<number> | readonly ArrayLike<number>[] | Tensor;
  /**
   * For implicit methods: [lower, upper], how many places left and right of the diagonal ∂f/∂y may differ from 0. Systems then cost
   * numbers × band² in place of numbers³, differences a call of f for each place of the band; `jacobian` then gives the rows of the band
   * alone, lower + 1 + upper numbers each, ∂fᵢ/∂yⱼ at place j − i + lower (what lies left or right of the matrix does not count). Default: no band.
   * In float64.
   */
  readonly jacobianBand?: readonly [lower: number, upper: number];
  /** Dense output between steps: the method's own (`dense`, default) or the straight line. */
  readonly interpolation?: "dense" | "linear";
  /** Steps tried in the whole solve before it gives up. Default 10,000 for adaptive steps, unlimited for given ones. */
  readonly maxSteps?: number;
  /** Stops the solve with an AbortError; asked at each step. */
  readonly signal?: AbortSignal;
  /** Called after each accepted step. */
  readonly onProgress?: (progress: Progress) => void;
  /**
   * Called after each accepted step with its end, the state there and its length, negative in decreasing time. The state is the solver's own: copy it to keep
   * it, and don't change it. The last step before an event is told whole. Not of steps backward.
   */
  onStep?(t: number, y: StateOf<S>, h: number): void;
  /** Called with the cost of the solve when it ends, and again after each gradient that `odeintAdjoint` computes. */
  readonly onStatistics?: (statistics: Statistics) => void;
}

/** Steps that an error estimate chooses, on a state S. */
export interface AdaptiveStepOptions<S = never, Name = AdaptiveMethodName> {
  /** A method with an error estimate, by name or itself. Default dopri5. */
  readonly method?: Name | Method;
  /**
   * Relative tolerance, one for all or nested as y0. Default 1e-7 in float64, 1e-4 on tensors (float32 can't do better than about 1e-6).
   * `odeintAdjoint` integrates backward with the smallest.
   */
  readonly rtol?: Tolerance<S>;
  /** Absolute tolerance, as rtol. Default 1e-9 in float64, 1e-6 on tensors. */
  readonly atol?: Tolerance<S>;
  /**
   * Size of an error, a state divided by atol + rtol |y|: a step is accepted when it is at most 1. Default: the largest member's root mean
   * square. Never differentiated; the backward solve of `odeintAdjoint` has its own.
   */
  norm?(scaledError: StateOf<S>): ScalarOf<S>;
  /** Step-size controller. Default `I`; of radau5, Gustafsson's predictive one. */
  readonly controller?: ControllerName | ControllerCoefficients;
  /** Length of the first step. Default: chosen from f. */
  readonly firstStep?: number;
  /** The solve fails rather than step below this. Default 0: what rounding allows. */
  readonly minStep?: number;
  /**
   * What becomes of a step of length minStep whose error is too large: the solve fails there (`fail`, default), or takes it nevertheless (`accept`), and
   * counts it (`stats.forced`). Where f is not finite, or Newton's iterations do not converge, it fails in any case.
   */
  readonly atMinStep?: "fail" | "accept";
  /** Default: unlimited. */
  readonly maxStep?: number;
  /** Times at which a step must end. */
  readonly stepTimes?: readonly number[];
  /**
   * `clip` (default): the last step lands on the last time and f is never called beyond it.
   * `overshoot`: torchdiffeq's way, the last step passes it and the value is interpolated; for comparison with its numbers.
   */
  readonly endpoint?: "clip" | "overshoot";
  /**
   * Keeps steps so short that a gradient through them can be trusted: h ρ(∂f/∂y) within the reach in which the derivative of a step follows
   * that of the solution to 10 rtol. The error test alone sees the state and not its sensitivity: where the state rests it passes any step, and
   * the gradient explodes. Costs one vector-Jacobian product of f a step. With implicit methods a direction v′ = (∂f/∂y) v is taken along, which each step
   * must move as two of half its length do, to 10 rtol; costs a Jacobian a step. Default: whether `tf.grad` or its kin is recording. Set it in
   * `solveAsync` when its nodes shall be the `grid` of a gradient.
   */
  readonly stepsForGradients?: boolean;
  readonly stepSize?: ExcludesTheOtherStepOptions;
  readonly grid?: ExcludesTheOtherStepOptions;
}

/** Printed by the compiler where an option of adaptive steps stands beside `stepSize`, `grid` or a method without error estimate: no value has it. */
export interface DoesNotApplyToGivenSteps {
  readonly [explanation]: "leave it out, or leave out stepSize, grid or the method";
}

/** Printed by the compiler where `stepSize`, `grid` or `stepTimes` exclude each other: no value has this type. */
export interface ExcludesTheOtherStepOptions {
  readonly [explanation]: "give stepSize or grid, not both; stepTimes with stepSize only";
}

declare const explanation: unique symbol;

type NoStepControl = {
  readonly [K in
    | "rtol"
    | "atol"
    | "norm"
    | "controller"
    | "firstStep"
    | "minStep"
    | "atMinStep"
    | "maxStep"
    | "endpoint"
    | "stepsForGradients"]?: DoesNotApplyToGivenSteps;
};

/** Steps of constant length with any method; the last before a stop is shortened. */
export interface ConstantStepOptions<Name = AdaptiveMethodName> extends NoStepControl {
  readonly method?: Name | FixedMethodName | Method;
  /** Length of each step. */
  readonly stepSize: number;
  /** Times at which a step must end. */
  readonly stepTimes?: readonly number[];
  readonly grid?: ExcludesTheOtherStepOptions;
}

/** Steps between given nodes with any method: the way to replay the grid of another solve. */
export interface GridOptions<Name = AdaptiveMethodName> extends NoStepControl {
  readonly method?: Name | FixedMethodName | Method;
  /** Nodes, strictly monotonic, from the first output time to the last or beyond it. */
  readonly grid: readonly number[] | Float64Array;
  readonly stepSize?: ExcludesTheOtherStepOptions;
  readonly stepTimes?: ExcludesTheOtherStepOptions;
}

/** A method without error estimate whose steps are the intervals between outputs. */
export interface OutputStepOptions extends NoStepControl {
  readonly method: FixedMethodName | Method;
  readonly stepSize?: ExcludesTheOtherStepOptions;
  readonly grid?: ExcludesTheOtherStepOptions;
  readonly stepTimes?: ExcludesTheOtherStepOptions;
}

/** How steps are chosen. */
export type StepOptions<S = never, Name = AdaptiveMethodName> =
  | AdaptiveStepOptions<S, Name>
  | ConstantStepOptions<Name>
  | GridOptions<Name>;

/** Options of `odeint`. */
export type OdeintOptions<A = undefined, S = never> = CommonOptions<A, S> &
  (StepOptions<S> | OutputStepOptions) & {
    /**
     * How gradients are computed. `steps` (default): through the operations of every step; exact for the discrete solution, of any order;
     * memory grows with the number of steps. `checkpointed`: the same first-order gradient; memory grows with its square root, one more
     * evaluation of each step.
     */
    readonly gradient?: "steps" | "checkpointed";
  };

/** Every row of a batch on its own: for explicit methods on tensors. */
export interface PerSampleOptions<A = undefined> {
  /**
   * Solves each row of y0 (a tensor [n, …], or tensors with the same n in arrays and records) with steps, an error test and a controller of its own, as if it
   * were alone; rows that have arrived cost nothing more. f then gets the rows that still step, their times as a tensor [rows, 1, …] of y's rank, and must
   * treat each row by itself.
   */
  readonly perSample: true;
  /**
   * Which of `args` hold something for each row, as first axis: true for every tensor in it, or names of its members. f gets their rows that belong to
   * y's. Default: none.
   */
  readonly rowArgs?: true | readonly (keyof A & string)[];
}

/**
 * How `odeintAdjoint` integrates backward. What is left out is as in the forward solve, but for `rodas5p`, which would need second derivatives of f
 * there: `kvaerno5` takes its place.
 */
export type BackwardOptions = (
  | Omit<AdaptiveStepOptions, "endpoint" | "norm" | "stepsForGradients">
  | ConstantStepOptions
  | OutputStepOptions
) & {
  /**
   * Which parts of the backward state the error test looks at. `seminorm`: y and its adjoint, not the integrals that only accumulate
   * gradients (Kidger, Chen & Lyons 2021); needs fewer steps. Default `rms`: all.
   */
  readonly norm?: "rms" | "seminorm";
  readonly maxSteps?: number;
  /**
   * Compares the state reconstructed backward with each stored output and, where they differ by more than this many tolerances,
   * differentiates through stored states instead. `false` turns the check off: gradients may then be wrong. Default 100.
   */
  readonly detectInstability?: number | false;
};

/** Options of `odeintAdjoint`. */
export type AdjointOptions<A = undefined, S = never> = CommonOptions<A, S> &
  (StepOptions<S> | OutputStepOptions) & { readonly adjoint?: BackwardOptions };

/** Options of `solve` and `solveAsync`. */
export type SolveOptions<A = undefined, S = never, Name = AdaptiveMethodName> = CommonOptions<A, S> &
  StepOptions<S, Name> & {
    readonly t0: number;
    /** With an event ±Infinity, too: never, but for maxSteps and signal. */
    readonly t1: number;
    /** Ends the solve where this function changes sign, as in `odeintEvent`: `status.kind` is `event` then. */
    event?(t: number, y: StateOf<S>, args: A): ScalarOf<S>;
    /** Which changes of sign count: upward (1), downward (−1), or both (0, default). */
    readonly direction?: -1 | 0 | 1;
    /** How many evenly spaced times of each step the event function is evaluated at. Default 1: the end of the step. */
    readonly eventChecks?: number;
    /** Keep what `evaluate` and `derivative` need: all slopes of all steps. Default true. Without: only y at the nodes. */
    readonly dense?: boolean;
  };
