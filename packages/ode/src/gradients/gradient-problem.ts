import type { Tensor } from "@tensorflow/tfjs-core";
import type { CheckedCall } from "../input/problem.js";
import { type TensorProblem, tensorProblem } from "../input/tensor-problem.js";
import { isRecording } from "../state/tape.js";
import { watchGradient } from "./finite-gradient.js";
import { implicitSensitivityLimit } from "./implicit-sensitivity.js";
import { sensitivityLimit } from "./sensitivity.js";

/**
 * A problem on tensors whose steps, where an error estimate chooses them, are kept within what a gradient through them can follow.
 *
 * @param forGradient whether a gradient is to go through them, where the options don't say
 */
export function gradientProblem(checked: CheckedCall, leaves: Tensor[], forGradient: boolean): TensorProblem {
  const made = tensorProblem(checked, leaves);
  const { caller, f, options } = checked;
  const { problem, space } = made;
  const { method, steps, statistics } = problem;
  if (steps.kind !== "adaptive" || !(options.stepsForGradients ?? forGradient)) return made;
  const y0 = isRecording() ? watchGradient(caller, "y0", leaves) : leaves;
  if (made.linearizer !== undefined) {
    const longestStep = implicitSensitivityLimit(made.linearizer, method.order, problem.t1 < problem.t0 ? -1 : 1, steps);
    return { ...made, problem: { ...problem, y0, longestStep } };
  }
  // Without a polynomial nothing says how far a step's derivative follows the solution's.
  if (method.stabilityPolynomial === undefined) return { ...made, problem: { ...problem, y0 } };
  const uncounted = space.dynamics((t, y) => f(t, y, options.args));
  const longestStep = sensitivityLimit(space, uncounted, leaves, method, steps, statistics);
  return { ...made, problem: { ...problem, y0, longestStep } };
}
