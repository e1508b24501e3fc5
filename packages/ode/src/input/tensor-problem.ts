import { describeValue } from "@latentflow/core";
import { type Scalar, type Tensor, unstack } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { readJacobian } from "../state/given-jacobian.js";
import { SystemLayout } from "../state/system-layout.js";
import { TensorLinearizer } from "../state/tensor-linearizer.js";
import { TensorSpace } from "../state/tensor-space.js";
import { TimeMap } from "../state/time-map.js";
import { newStatistics, type Statistics } from "../status.js";
import { isNode } from "../stepping/constant-steps.js";
import type { Problem, StepSettings } from "../stepping/problem.js";
import { checkArgs } from "./check-arguments.js";
import { type Plan, preparePlan } from "./plan.js";
import { assemble, type CheckedCall } from "./problem.js";

/** A problem on tensors. */
export interface TensorProblem {
  readonly problem: Problem<Tensor[]>;
  readonly space: TensorSpace;
  /** Times as tensors, when t was given as one. */
  readonly time: TimeMap | undefined;
  /** Of implicit methods. */
  readonly linearizer: TensorLinearizer | undefined;
}

/** The options of a solve on tensors, checked and completed. */
export function planTensors({ caller, options, methods, extra, times }: CheckedCall): Plan {
  const known = [...extra, "stepsForGradients"];
  checkArgs(caller, options.args);
  const plan = preparePlan(caller, options, methods, known, times.values, TensorSpace.defaultTolerances);
  if (readJacobian(caller, options).band !== undefined)
    throw new OdeError(
      `${caller}: jacobianBand does not apply to tensors, whose systems are solved as whole matrices; leave it out.`,
    );
  if (plan.method.float64Only)
    throw new OdeError(
      `${caller}: ${plan.method.name} does not apply to tensors, only to states of numbers; take a method of another kind.`,
    );
  if (plan.method.remembersSteps && times.tensor !== undefined)
    throw new OdeError(
      `${caller}: expected t to be numbers for ${plan.method.name}, whose weights come from the distances of steps as numbers, got a tensor; take another method for gradients with respect to t.`,
    );
  checkStepsForGradients(caller, options.stepsForGradients, plan.steps.kind === "adaptive");
  return plan;
}

/** Makes a problem on tensors. Call it in a scope when times are tensors. */
export function tensorProblem(checked: CheckedCall, leaves: Tensor[]): TensorProblem {
  const { caller, f, y0, times, options } = checked;
  const plan = planTensors(checked);
  const { steps } = plan;
  const time = times.tensor === undefined ? undefined : timeMap(times.values, timeScalars(times.tensor), plan);
  const space = new TensorSpace(caller, y0.structure, { time, singlePrecisionTime: checked.singlePrecisionTime });
  const statistics = checked.statistics ?? newStatistics();
  const dynamics = space.dynamics((t, y) => {
    statistics.nfe++;
    return f(t, y, options.args);
  });
  const measure = steps.kind === "adaptive" && steps.ownTest ? space.measure(steps.ownTest, leaves) : undefined;
  const problem = assemble(checked, plan, space, dynamics, leaves, statistics, measure);
  const linearizer = plan.method.implicit ? tensorLinearizer(checked, plan, space, leaves, statistics) : undefined;
  return { problem: { ...problem, linearizer }, space, time, linearizer };
}

function tensorLinearizer(
  { caller, f, options, times }: CheckedCall,
  { method }: Plan,
  space: TensorSpace,
  leaves: readonly Tensor[],
  statistics: Statistics,
): TensorLinearizer {
  const { args } = options;
  const { given } = readJacobian(caller, options);
  return new TensorLinearizer({
    caller,
    space,
    layout: new SystemLayout(caller, method.name, leaves),
    statistics,
    given: given && ((t, y) => given(t, space.present(y), args)),
    tensorTime: times.tensor !== undefined,
    f: space.dynamics((t, y) => {
      statistics.nfeJacobian = (statistics.nfeJacobian ?? 0) + 1;
      return f(t, y, args);
    }),
  });
}

function checkStepsForGradients(caller: string, value: unknown, adaptive: boolean): void {
  if (value === undefined) return;
  if (typeof value !== "boolean") {
    throw new OdeError(`${caller}: expected stepsForGradients to be true or false, got ${describeValue(value)}.`);
  }
  if (!adaptive) throw new OdeError(`${caller}: stepsForGradients does not apply to given steps; leave it out.`);
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
  const fixed = steps.kind === "adaptive" ? steps.stops : jumps;
  const known = values.map((time) => (Number.isFinite(time) ? time : values[0]! + Math.sign(time)));
  return new TimeMap(known, tensors, movingOutputs(values, steps), fixed);
}

/** Indices of the output times that nodes move with: all where given steps end at each of them, else both ends. */
export function movingOutputs(values: Float64Array, steps: StepSettings): number[] {
  const gridIsOutputs = steps.kind !== "adaptive" && values.every(nodesOf(steps));
  return gridIsOutputs ? Array.from(values.keys()) : [0, values.length - 1];
}
