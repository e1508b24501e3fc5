import { throwIfAborted } from "@latentflow/core";
import type { Method, StepTrial } from "../methods/method.js";
import type { ErrorTest, PackedDynamics, Reading, StateSpace, StepSpan } from "../state/state-space.js";
import type { OwnErrorTest } from "../state/tolerances.js";
import { describeStatus, type Progress, type Statistics, type Status, type StatusKind } from "../status.js";
import type { Tolerances } from "../types.js";
import { ConstantPolicy, type ConstantSteps } from "./constant-steps.js";
import { type ControllerCoefficients, StepController } from "./controller.js";
import { isFiniteState } from "./finite.js";
import { selectFirstStep } from "./first-step.js";
import { justBefore, justBeyond } from "./jumps.js";
import { Step } from "./step.js";
import { AdaptivePolicy, GridPolicy, type StepPolicy } from "./step-policy.js";
import { describeStiffness } from "./stiffness.js";

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
      readonly controller: ControllerCoefficients;
      /** Length of the first step; undefined: chosen from f. */
      readonly firstStep: number | undefined;
      readonly minStep: number;
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
  /** Times at which f is discontinuous; steps end there, and f is asked on the near side of each. */
  readonly jumps: readonly number[];
  readonly maxSteps: number;
  /** Bounds the steps that an error test chooses, where a gradient is to go through them. Not for given steps. */
  readonly longestStep?: LongestStep<V> | undefined;
  /** In place of the norm of errors. */
  readonly measure?: ErrorTest<V>["measure"];
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((progress: Progress) => void) | undefined;
  readonly statistics: Statistics;
  /** Whether to yield at each step even when no scalar is needed, so that an asynchronous driver gets a turn. */
  readonly cooperative: boolean;
}

/** The longest step that may start at t from y, positive; `wanted` is the length that would be taken without it. */
export type LongestStep<V> = (t: number, y: V, wanted: number) => Generator<Reading, number, number>;

const NONE: readonly never[] = [];

/** Looks at an accepted step; says how the solve ends inside it, or undefined when it goes on. */
export type StepWatch<V> = (step: Step<V>) => Generator<Reading, Status | undefined, number>;

/** How a solve ended. The state belongs to whoever ran it. */
export interface Ending<V> {
  readonly status: Status;
  readonly y: V;
}

/**
 * The solver's loop. A generator, since it must know a few scalars (error ratios) that may live on a device: it yields each one and is
 * resumed with its value, so that one loop serves a synchronous and an asynchronous driver. It never yields inside a scope.
 */
export function* integrate<V>(
  problem: Problem<V>,
  observer: Observer<V>,
  watch?: StepWatch<V>,
): Generator<Reading, Ending<V>, number> {
  const { caller, space, f, method, t1: end, statistics, maxSteps } = problem;
  if (end === problem.t0) return { status: describeStatus("finished", end, 0), y: space.scope(() => space.clone(problem.y0)) };
  const direction = end >= problem.t0 ? 1 : -1;
  const jumps = new Set(problem.jumps);
  const afterJump = (time: number) => (jumps.has(time) ? justBeyond(time, direction, space.singlePrecisionTime) : time);
  const beforeJump = (time: number) => (jumps.has(time) ? justBefore(time, direction, space.singlePrecisionTime) : time);

  let t = problem.t0;
  let y = space.scope(() => space.clone(problem.y0));
  let slope = space.scope(() => f(afterJump(t), y));
  const policy = yield* startPolicy(problem, slope, direction);
  const stepper = method.stepper(space, f);
  let after: StepTrial<V>["after"] = "start";
  const test = policy?.tolerances && { ...policy.tolerances, measure: problem.measure };
  const ending = (kind: StatusKind, step: number, advice?: string): Ending<V> => ({
    status: describeStatus(kind, t, step, advice),
    y,
  });
  if (policy === undefined) return ending("notFinite", 0);
  let bounded = Number.NaN;

  for (;;) {
    if (problem.cooperative) yield 0;
    throwIfAborted(caller, problem.signal);
    if (problem.longestStep && bounded !== t) {
      policy.longest = yield* problem.longestStep(afterJump(t), y, policy.wanted!);
      bounded = t;
    }
    const span = policy.propose(t);
    if (span === undefined) return ending("finished", 0);
    if (span === "too small") return ending("stepUnderflow", policy.largestStep);
    if (statistics.accepted + statistics.rejected >= maxSteps) {
      const chosen = policy.tolerances !== undefined;
      return ending("maxSteps", span.h, chosen ? yield* describeStiffness(problem, { t, y, slope, h: span.h }) : undefined);
    }
    const mark = space.mark?.();
    const trial = { span, endTime: beforeJump(span.t1), y0: y, f0: slope, tolerances: test, after };
    const tried = stepper.attempt(trial);
    const attempt = "next" in tried ? yield* tried : tried;
    const { y1 } = attempt;
    const ratio = typeof attempt.ratio === "number" ? attempt.ratio : yield attempt.ratio;
    const verdict = policy.judge(ratio);
    if (verdict !== "accept") {
      statistics.rejected++;
      after = "rejection";
      space.rewind?.(mark);
      space.recycle(y1);
      stepper.release();
      // No shorter step helps where f is not finite at the start of it.
      const hopeless = !Number.isFinite(ratio) && !(yield* isFiniteState(space, slope));
      if (hopeless || verdict === "too small") return ending(Number.isFinite(ratio) ? "stepUnderflow" : "notFinite", span.h);
      continue;
    }
    statistics.accepted++;
    if (test === undefined && !space.looksFinite(y1)) {
      space.recycle(y1);
      return ending("notFinite", span.h, "; check f there, or take shorter steps.");
    }

    const looksInside = watch !== undefined || observer.needsDense(span);
    const slopes = looksInside ? stepper.slopes() : NONE;
    const step = new Step(space, stepper.dense, span, y, y1, slopes);
    const stop = watch === undefined ? undefined : yield* watch(step);
    const replacement = observer.onStep(step);

    // The next step starts from what this one already knows, unless the solution or f jumps here.
    after = replacement !== undefined || jumps.has(span.t1) ? "start" : "step";
    const next = after === "step" ? stepper.endSlope() : undefined;
    space.recycle(slope);
    stepper.release(next);
    space.recycle(y);
    if (replacement !== undefined) space.recycle(y1);
    y = replacement ?? y1;
    t = stop?.t ?? span.t1;
    problem.onProgress?.({
      t,
      fraction: policy.fraction(t),
      accepted: statistics.accepted,
      rejected: statistics.rejected,
      nfe: statistics.nfe,
    });
    if (stop !== undefined) return { status: stop, y };
    if ((end - t) * direction <= 0) return ending("finished", span.h);
    slope = next ?? space.scope(() => f(afterJump(t), y));
  }
}

/** The step policy; undefined when y0 is not finite, or f there, so that no first step can be chosen. */
function* startPolicy<V>(problem: Problem<V>, f0: V, direction: 1 | -1): Generator<Reading, StepPolicy | undefined, number> {
  const { space, f, y0, t0, t1, steps, method } = problem;
  if (steps.kind === "grid") return new GridPolicy(steps.nodes);
  if (steps.kind === "constant") return new ConstantPolicy(steps);
  const { tolerances, overshoot, stops } = steps;
  const firstEnd = stops[0] ?? t1;
  const maxProbe = overshoot ? Number.POSITIVE_INFINITY : Math.abs(firstEnd - t0);
  const test = { ...tolerances, measure: problem.measure };
  const start = { space, f, t0, y0, f0, direction, maxProbe, tolerances: test, order: method.order };
  // A step from infinity has no error: the solve would arrive there.
  if (steps.firstStep !== undefined && !(yield* isFiniteState(space, y0))) return undefined;
  const firstStep = steps.firstStep ?? (yield* selectFirstStep(start));
  if (!Number.isFinite(firstStep)) return undefined;
  const controller = new StepController(steps.controller, method.order);
  return new AdaptivePolicy({ ...steps, t0, t1, firstStep, controller });
}
