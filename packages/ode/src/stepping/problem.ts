import type { LengthController, Method, Stepper, StepTrial } from "../methods/method.js";
import type { Linearizer } from "../state/linearizer.js";
import type { ErrorTest, PackedDynamics, Reading, StateSpace, StepSpan } from "../state/state-space.js";
import type { OwnErrorTest } from "../state/tolerances.js";
import type { Progress, Statistics, Status } from "../status.js";
import type { Tolerances } from "../types.js";
import type { ConstantSteps } from "./constant-steps.js";
import type { ControllerCoefficients } from "./controller.js";
import type { Step } from "./step.js";

/** Where steps end: at given nodes, after a given length, or where an error estimate says. */
export type StepSettings =
  | { readonly kind: "grid"; readonly nodes: ArrayLike<number> }
  | ({ readonly kind: "constant" } & ConstantSteps)
  | {
      readonly kind: "adaptive";
      /** Of nested ones the smallest. */
      readonly tolerances: Tolerances;
      /** Tolerances and norm as the user gave them, where they are more than two numbers. */
      readonly ownTest?: OwnErrorTest | undefined;
      /** Undefined: the method's own, or the classic one. */
      readonly controller: ControllerCoefficients | undefined;
      /** Length of the first step; undefined: chosen from f. */
      readonly firstStep: number | undefined;
      readonly minStep: number;
      /** Whether a step of this length is taken whatever its error. */
      readonly forced: boolean;
      readonly maxStep: number;
      readonly overshoot: boolean;
      /** Times between t0 and t1, in the direction of integration, at which a step must end; jumps among them. */
      readonly stops: readonly number[];
    };

/** Sees the accepted steps of a solve. */
export interface Observer<V> {
  /** Whether `onStep` will evaluate dense output inside this step. */
  needsDense(span: StepSpan): boolean;
  /** Clones what it keeps. A state that it returns replaces the step's y1 (and belongs to the solve): the solution jumps there. */
  onStep(step: Step<V>): V | undefined;
}

/** An initial value problem with all that decides how it is solved. */
export interface Problem<V> {
  readonly caller: string;
  readonly space: StateSpace<V>;
  /** f on packed states; counts its calls. */
  readonly f: PackedDynamics<V>;
  readonly y0: V;
  readonly t0: number;
  readonly t1: number;
  readonly method: Method;
  readonly steps: StepSettings;
  /** For implicit methods. */
  readonly linearizer?: Linearizer<V> | undefined;
  /** Times at which f is discontinuous; steps end there, and f is asked on the near side of each. */
  readonly jumps: readonly number[];
  readonly maxSteps: number;
  /** Bounds the steps that an error test chooses, where a gradient is to go through them. Not for given steps. */
  readonly longestStep?: LongestStep<V> | undefined;
  /** In place of the norm of errors. */
  readonly measure?: ErrorTest<V>["measure"];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  /** Sees each accepted step: where it ends, its state, its length. */
  readonly onStep?: ((t: number, y: V, h: number) => void) | undefined;
  readonly statistics: Statistics;
  /** Whether to yield at each step even when no scalar is needed, so that an asynchronous driver gets a turn. */
  readonly cooperative: boolean;
}

/** The longest step that may start at t from y, positive; `wanted` is the length that would be taken without it. */
export type LongestStep<V> = (t: number, y: V, wanted: number) => Generator<Reading, number, number>;

/** Looks at an accepted step; says how the solve ends inside it, or undefined when it goes on. */
export type StepWatch<V> = (step: Step<V>) => Generator<Reading, Status | undefined, number>;

/** How a solve ended. The state belongs to whoever ran it. */
export interface Ending<V> {
  readonly status: Status;
  readonly y: V;
  /** With what it would have gone on. */
  readonly going?: Going<V>;
}

/** What a solve remembers from step to step: another one that goes on with it, from where it ended, takes the steps that this one would have taken. */
export interface Going<V> {
  /** Length wanted for the next step, where an error estimate chooses it. */
  readonly wanted?: number | undefined;
  readonly controller?: LengthController | undefined;
  readonly stepper?: Stepper<V>;
  /** f(t, y), where a step has come by it. */
  readonly slope?: V | undefined;
  readonly after?: StepTrial<V>["after"];
}
