import { throwIfAborted } from "@latentflow/core";
import type { Reading } from "../state/state-space.js";
import { describeStatus, type StatusKind } from "../status.js";
import { ConstantPolicy } from "./constant-steps.js";
import { StepController } from "./controller.js";
import { isFiniteState } from "./finite.js";
import { selectFirstStep } from "./first-step.js";
import { justBefore, justBeyond } from "./jumps.js";
import { checkNorm } from "./own-norm.js";
import type { Ending, Going, Observer, Problem, StepWatch } from "./problem.js";
import { Step } from "./step.js";
import { AdaptivePolicy, GridPolicy, type StepPolicy } from "./step-policy.js";
import { describeStiffness } from "./stiffness.js";

const NONE: readonly never[] = [];

/** A step may be this many times as long as its end allows a step to be; a longer one is tried again, at least this share as long. */
const GROWN = 1.5;
const SHORTEN = 8;

/**
 * The solver's loop. A generator, since it must know a few scalars (error ratios) that may live on a device: it yields each one and is
 * resumed with its value, so that one loop serves a synchronous and an asynchronous driver. It never yields inside a scope.
 */
export function* integrate<V>(
  problem: Problem<V>,
  observer: Observer<V>,
  watch?: StepWatch<V>,
  from?: Going<V>,
): Generator<Reading, Ending<V>, number> {
  const { caller, space, f, method, t1: end, statistics, maxSteps } = problem;
  if (end === problem.t0) return { status: describeStatus("finished", end, 0), y: space.scope(() => space.clone(problem.y0)) };
  const direction = end >= problem.t0 ? 1 : -1;
  const jumps = new Set(problem.jumps);
  const afterJump = (time: number) => (jumps.has(time) ? justBeyond(time, direction, space.singlePrecisionTime) : time);
  const beforeJump = (time: number) => (jumps.has(time) ? justBefore(time, direction, space.singlePrecisionTime) : time);

  let t = problem.t0;
  let y = space.scope(() => space.clone(problem.y0));
  let slope = from?.slope ?? space.scope(() => f(afterJump(t), y));
  const policy = yield* startPolicy(problem, slope, direction, from);
  const stepper = from?.stepper ?? method.stepper(space, f, problem.linearizer);
  let after = from?.after ?? "start";
  const test = policy?.tolerances && { ...policy.tolerances, measure: problem.measure };
  const ending = (kind: StatusKind, step: number, advice?: string): Ending<V> => ({
    status: describeStatus(kind, t, step, advice),
    y,
    going: { wanted: policy?.wanted, controller: policy?.controller, stepper, slope, after },
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
    let { y1 } = attempt;
    const ratio = checkNorm(caller, typeof attempt.ratio === "number" ? attempt.ratio : yield attempt.ratio);
    if (attempt.failed !== undefined && test === undefined) {
      space.recycle(y1);
      return ending("notConverged", span.h, "; take shorter steps.");
    }
    const verdict = policy.judge(ratio, attempt.factor);
    if (verdict !== "accept") {
      statistics.rejected++;
      after = "rejection";
      space.rewind?.(mark);
      space.recycle(y1);
      stepper.release();
      // No shorter step helps where f is not finite at the start of it.
      const hopeless = !Number.isFinite(ratio) && !(yield* isFiniteState(space, slope));
      if (hopeless || verdict === "too small")
        return ending(
          Number.isFinite(ratio) ? "stepUnderflow" : !hopeless && attempt.failed ? "notConverged" : "notFinite",
          span.h,
        );
      continue;
    }
    // The derivative at a step's end tells of rates that grew within it; it is needed for the next step anyway.
    if (problem.longestStep) {
      const longest = yield* problem.longestStep(beforeJump(span.t1), y1, policy.wanted!);
      const length = Math.abs(span.h);
      const tooLong = length > GROWN * longest;
      policy.longest = tooLong ? Math.max(longest, length / SHORTEN) : longest;
      if (tooLong) {
        statistics.rejected++;
        after = "rejection";
        space.rewind?.(mark);
        space.recycle(y1);
        stepper.release();
        continue;
      }
      bounded = jumps.has(span.t1) ? Number.NaN : span.t1;
    }
    statistics.accepted++;
    if (attempt.by) {
      statistics.stepsBy ??= {};
      statistics.stepsBy[attempt.by] = (statistics.stepsBy[attempt.by] ?? 0) + 1;
    }
    if (test === undefined && !space.looksFinite(y1)) {
      space.recycle(y1);
      return ending("notFinite", span.h, "; check f there, or take shorter steps.");
    }

    if (mark !== undefined && stepper.record) {
      const tried = y1;
      y1 = stepper.record();
      space.recycle(tried);
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
    problem.onStep?.(span.t1, y, span.h);
    if (stop !== undefined) return { status: stop, y, going: { wanted: policy.wanted } };
    if ((end - t) * direction <= 0) {
      const finished = ending("finished", span.h);
      return { ...finished, going: { ...finished.going, slope: next } };
    }
    slope = next ?? space.scope(() => f(afterJump(t), y));
  }
}

/** The step policy; undefined when y0 is not finite, or f there, so that no first step can be chosen. */
function* startPolicy<V>(
  problem: Problem<V>,
  f0: V,
  direction: 1 | -1,
  from: Going<V> = {},
): Generator<Reading, StepPolicy | undefined, number> {
  const { caller, space, f, y0, t0, t1, steps, method, statistics } = problem;
  if (steps.kind === "grid") return new GridPolicy(steps.nodes);
  if (steps.kind === "constant") return new ConstantPolicy(steps);
  const { tolerances, overshoot, stops } = steps;
  const firstEnd = stops[0] ?? t1;
  const maxProbe = overshoot ? Number.POSITIVE_INFINITY : Math.abs(firstEnd - t0);
  const test = { ...tolerances, measure: problem.measure };
  const start = { caller, space, f, t0, y0, f0, direction, maxProbe, tolerances: test, order: method.errorOrder ?? method.order };
  // A step from infinity has no error: the solve would arrive there.
  if (steps.firstStep !== undefined && !(yield* isFiniteState(space, y0))) return undefined;
  const firstStep = from.wanted ?? steps.firstStep ?? (yield* selectFirstStep(start));
  if (!Number.isFinite(firstStep)) return undefined;
  const own = steps.controller === undefined ? method.controller?.() : undefined;
  const controller = from.controller ?? own ?? new StepController(steps.controller ?? {}, method.errorOrder ?? method.order);
  const onForced = steps.forced ? () => (statistics.forced = (statistics.forced ?? 0) + 1) : undefined;
  return new AdaptivePolicy({ ...steps, t0, t1, firstStep, controller, onForced });
}
