import { describeValue } from "@latentflow/core";
import { type Scalar, type Tensor, unstack } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { watchGradient } from "../gradients/finite-gradient.js";
import { sensitivityLimit } from "../gradients/sensitivity.js";
import { isRecording } from "../state/tape.js";
import { TensorSpace } from "../state/tensor-space.js";
import { TimeMap } from "../state/time-map.js";
import { newStatistics } from "../status.js";
import { isNode } from "../stepping/constant-steps.js";
import type { Problem, StepSettings } from "../stepping/integrate.js";
import { type Plan, preparePlan } from "./plan.js";
import { assemble, type Checked } from "./problem.js";

/** A problem on tensors. */
export interface TensorProblem {
  readonly problem: Problem<Tensor[]>;
  readonly space: TensorSpace;
  /** Times as tensors, when t was given as one. */
  readonly time: TimeMap | undefined;
}

/**
 * Makes a problem on tensors. Call it in a scope when times are tensors.
 *
 * @param forGradient whether a gradient is to go through the steps: they are then kept within what it can follow
 */
export function tensorProblem(checked: Checked, leaves: Tensor[], forGradient = false): TensorProblem {
  const { caller, f, y0, times, options } = checked;
  const { defaultTolerances } = TensorSpace;
  const plan = preparePlan(
    caller,
    options,
    checked.methods,
    [...checked.extra, "stepsForGradients"],
    times.values,
    defaultTolerances,
  );
  const adaptive = plan.steps.kind === "adaptive" ? plan.steps : undefined;
  const forGradients = checkStepsForGradients(caller, options.stepsForGradients, adaptive !== undefined) ?? forGradient;
  const time = times.tensor === undefined ? undefined : timeMap(times.values, timeScalars(times.tensor), plan);
  const space = new TensorSpace(caller, y0.structure, { time, singlePrecisionTime: checked.singlePrecisionTime });
  const statistics = newStatistics();
  const dynamics = space.dynamics((t, y) => {
    statistics.nfe++;
    return f(t, y, options.args);
  });
  const measure = adaptive?.ownTest && space.measure(adaptive.ownTest, leaves);
  const problem = assemble(checked, plan, space, dynamics, leaves, statistics, measure);
  if (adaptive === undefined || !forGradients) return { problem, space, time };
  const uncounted = space.dynamics((t, y) => f(t, y, options.args));
  const longestStep = sensitivityLimit(space, uncounted, leaves, plan.method, adaptive, statistics);
  const start = isRecording() ? watchGradient(caller, "y0", leaves) : leaves;
  return { problem: { ...problem, y0: start, longestStep }, space, time };
}

function checkStepsForGradients(caller: string, value: unknown, adaptive: boolean): boolean | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "boolean") {
    throw new OdeError(`${caller}: expected stepsForGradients to be true or false, got ${describeValue(value)}.`);
  }
  if (!adaptive) throw new OdeError(`${caller}: stepsForGradients does not apply to given steps; leave it out.`);
  return value;
}

/** Each output time as a scalar tensor. Call it in a scope. */
function timeScalars(tensor: Tensor): Scalar[] {
  return unstack(tensor) as Scalar[];
}

/** Tells the nodes of given steps. */
function nodesOf(steps: Exclude<StepSettings, { kind: "adaptive" }>): (time: number) => boolean {
  if (steps.kind === "constant") return (time) => isNode(steps, time);
  const nodes = new Set(Array.from(steps.nodes));
  return (time) => nodes.has(time);
}

/** How the nodes of this plan move with the output times. */
function timeMap(values: Float64Array, tensors: readonly Scalar[], { steps, jumps }: Plan): TimeMap {
  const all = Array.from(values.keys());
  const gridIsOutputs = steps.kind !== "adaptive" && values.every(nodesOf(steps));
  const fixed = steps.kind === "adaptive" ? steps.stops : jumps;
  const known = values.map((time) => (Number.isFinite(time) ? time : values[0]! + Math.sign(time)));
  return new TimeMap(known, tensors, gridIsOutputs ? all : [0, values.length - 1], fixed);
}
