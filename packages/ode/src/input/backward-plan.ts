import { checkNumber, type DeclaredOptions, readOptions } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { chooseMethod } from "../methods/choose.js";
import { TensorSpace } from "../state/tensor-space.js";
import { smallestTolerance } from "../state/tolerances.js";
import type { BackwardOptions } from "./options.js";
import { type LooseOptions, type Plan, preparePlan, timesOf } from "./plan.js";
import type { CheckedCall } from "./problem.js";

/** Who speaks of backward options in messages. */
export const backwardCaller = ({ caller }: CheckedCall) => `${caller}: adjoint`;

/** How `odeintAdjoint` integrates backward. */
export interface BackwardPlan {
  readonly plan: Plan;
  /** Output times, the last first. */
  readonly times: Float64Array;
  /** Whether the error test leaves out the integrals that become gradients of parameters. */
  readonly seminorm: boolean;
  /** As it was asked for. */
  readonly maxSteps: number | undefined;
  /** Whether the backward solve was told how to choose its steps: it may then need many more than the forward one. */
  readonly ownSteps: boolean;
  /** How many tolerances a reconstructed state may miss a stored one by; false: unchecked. */
  readonly detectInstability: number | false;
}

/** What integrates backward where the forward method needs an exact Jacobian: that of the adjoint equation holds second derivatives of f. */
const ITERATES = "kvaerno5";

const BACKWARD = {
  norm: { default: "rms", choices: ["rms", "seminorm"] },
  rtol: { optional: true, min: 0 },
  atol: { optional: true, min: 0 },
  detectInstability: { default: 100, check: deviationOf },
} as const satisfies DeclaredOptions;

/** What is read as in a forward solve. */
const STEPS = ["method", "controller", "firstStep", "minStep", "atMinStep", "maxStep", "stepTimes", "stepSize", "maxSteps"];

function deviationOf(caller: string, tolerances: number | false): number | false {
  return tolerances === false ? false : checkNumber(caller, "detectInstability", tolerances, { above: 0 }, OdeError);
}

/** Checks the options of the backward solve, and completes them by those of the forward one, which have been checked. */
export function planBackward(forward: CheckedCall, given: unknown): BackwardPlan {
  const caller = backwardCaller(forward);
  const own = readOptions(caller, BACKWARD, given as object, OdeError, STEPS);
  const backward = given as BackwardOptions;
  const { norm, detectInstability, ...steps } = backward;
  const times = Float64Array.from(forward.times.values).reverse();
  const options = inherit(caller, forward, steps as unknown as LooseOptions, times);
  const plan = preparePlan(caller, options, forward.methods, [], times, TensorSpace.defaultTolerances);
  const { method, rtol, atol, maxStep, stepSize } = backward;
  return {
    plan,
    times,
    seminorm: own.norm === "seminorm",
    maxSteps: backward.maxSteps === undefined ? undefined : plan.maxSteps,
    ownSteps: [method, rtol, atol, maxStep, stepSize].some((option) => option !== undefined),
    detectInstability: own.detectInstability,
  };
}

/** Backward options completed by the forward ones where those apply; steps end at every output time. */
function inherit(
  caller: string,
  { options: forward, methods }: CheckedCall,
  backward: LooseOptions,
  times: Float64Array,
): LooseOptions {
  const inherited = chooseMethod(caller, forward.method, methods);
  const method = chooseMethod(caller, backward.method ?? (inherited.exactJacobian ? ITERATES : inherited), methods);
  if (method.exactJacobian) {
    throw new OdeError(
      `${caller}: expected a method that iterates or is explicit, got ${method.name}, which needs second derivatives of f backward; take ${ITERATES} or radau5.`,
    );
  }
  const constant =
    backward.stepSize !== undefined || (backward.method === undefined && (forward.stepSize ?? forward.grid) !== undefined);
  const { jumpTimes } = forward;
  const shared = { method, ...(jumpTimes === undefined ? {} : { jumpTimes }) };
  const interior = Array.from(times.subarray(1, -1));
  const own = timesOf(caller, "stepTimes", backward.stepTimes);
  const stepTimes = [...interior, ...(forward.stepTimes ?? []), ...own];
  if (method.estimatesError && !constant) {
    const { controller, minStep, atMinStep, maxStep } = forward;
    // Tolerances nested as y0 don't fit the backward state.
    const [rtol, atol] = (["rtol", "atol"] as const).map((name) => {
      const given = forward[name];
      return given === undefined ? given : smallestTolerance(caller, name, given);
    });
    const tolerances = Object.fromEntries(
      Object.entries({ rtol, atol, controller, minStep, atMinStep, maxStep }).filter(([, value]) => value !== undefined),
    );
    return { ...shared, ...tolerances, ...backward, method, stepTimes };
  }
  const stepSize = backward.stepSize ?? forward.stepSize;
  if (stepSize !== undefined) return { ...shared, ...backward, method, stepSize, stepTimes };
  if (forward.grid !== undefined && backward.method === undefined) {
    const [low, high] = [Math.min(times[0]!, times.at(-1)!), Math.max(times[0]!, times.at(-1)!)];
    const nodes = new Set([
      ...Array.from(forward.grid).filter((node) => node > low && node < high),
      ...times,
      ...(jumpTimes ?? []),
    ]);
    const grid = [...nodes]
      .filter((node) => node >= low && node <= high)
      .sort((a, b) => (a - b) * (times.at(-1)! >= times[0]! ? 1 : -1));
    return { ...shared, ...backward, method, grid };
  }
  return { ...shared, ...backward, method };
}
