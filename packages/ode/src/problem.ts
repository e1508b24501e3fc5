import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "./errors.js";
import { TimeMap } from "./gradients/time-map.js";
import type { InitialState, OutputTimes, UserDynamics } from "./prepare.js";
import { timeScalars } from "./prepare.js";
import { type LooseOptions, type Plan, preparePlan } from "./prepare-options.js";
import { Float64Space } from "./state/float64-space.js";
import type { StateSpace } from "./state/state-space.js";
import { TensorSpace } from "./state/tensor-space.js";
import { newStatistics, type Statistics, type Status } from "./status.js";
import type { Problem } from "./stepping/integrate.js";

/** What every public function has checked before it solves anything. */
export interface Checked {
  readonly caller: string;
  readonly f: UserDynamics;
  readonly y0: InitialState;
  readonly times: OutputTimes;
  readonly options: LooseOptions;
  /** Option names that the caller understands besides those of every solve. */
  readonly extra: readonly string[];
  /** Set when f makes float32 tensors of its times, though `times` holds none. */
  readonly singlePrecisionTime?: boolean;
}

/** A problem on tensors. */
export interface TensorProblem {
  readonly problem: Problem<Tensor[]>;
  readonly space: TensorSpace;
  /** Times as tensors, when t was given as one. */
  readonly time: TimeMap | undefined;
}

/** Makes a problem on tensors. Call it in a scope when times are tensors. */
export function tensorProblem(checked: Checked, leaves: Tensor[]): TensorProblem {
  const { caller, f, y0, times, options } = checked;
  const { defaultTolerances } = TensorSpace;
  const plan = preparePlan(caller, options, checked.extra, times.values, defaultTolerances);
  const time = times.tensor === undefined ? undefined : timeMap(times.values, timeScalars(times.tensor), plan);
  const space = new TensorSpace(caller, y0.structure, { time, singlePrecisionTime: checked.singlePrecisionTime });
  const statistics = newStatistics();
  const dynamics = space.dynamics((t, y) => {
    statistics.nfe++;
    return f(t, y, options.args);
  });
  return { problem: assemble(checked, plan, space, dynamics, leaves, statistics), space, time };
}

/** A problem in float64. */
export function float64Problem(checked: Checked): { problem: Problem<Float64Array>; space: Float64Space } {
  const { caller, f, y0, options, times } = checked;
  if (y0.kind !== "numbers") throw new OdeError(`${caller}: expected a state of numbers.`);
  if (times.tensor !== undefined) {
    throw new OdeError(`${caller}: expected t to be numbers since y0 is, got a tensor; gradients need y0 to be tensors as well.`);
  }
  const plan = preparePlan(caller, options, checked.extra, times.values, Float64Space.defaultTolerances);
  const space = new Float64Space(caller, y0.structure, y0.leaves);
  const statistics = newStatistics();
  const { args } = options;
  const dynamics = space.dynamics((t, y) => {
    statistics.nfe++;
    return f(t, y, args);
  });
  return { problem: assemble(checked, plan, space, dynamics, space.pack(y0.leaves), statistics), space };
}

/** How the nodes of this plan move with the output times. */
function timeMap(values: Float64Array, tensors: readonly Scalar[], { steps, jumps }: Plan): TimeMap {
  const all = Array.from(values.keys());
  const gridIsOutputs = steps.kind === "grid" && all.every((i) => Array.prototype.includes.call(steps.nodes, values[i]));
  const fixed = steps.kind === "adaptive" ? steps.stops : jumps;
  return new TimeMap(values, tensors, gridIsOutputs ? all : [0, values.length - 1], fixed);
}

function assemble<V>(
  { caller, times, options }: Checked,
  plan: Plan,
  space: StateSpace<V>,
  f: Problem<V>["f"],
  y0: V,
  statistics: Statistics,
): Problem<V> {
  return {
    caller,
    space,
    f,
    y0,
    t0: times.values[0]!,
    t1: times.values[times.values.length - 1]!,
    method: plan.method,
    steps: plan.steps,
    jumps: plan.jumps,
    maxSteps: plan.maxSteps,
    signal: options.signal,
    onProgress: options.onProgress,
    statistics,
    cooperative: false,
  };
}

/** Throws unless the solve went as far as it should. */
export function requireArrival(caller: string, status: Status): void {
  if (status.kind === "finished" || status.kind === "event") return;
  throw new OdeError(`${caller}: ${status.message}`, { status });
}
