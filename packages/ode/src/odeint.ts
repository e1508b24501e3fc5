import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import { OdeError } from "./errors.js";
import { checkpointed } from "./gradients/checkpointed.js";
import { gradientProblem } from "./gradients/gradient-problem.js";
import { checkOdeint } from "./input/check-calls.js";
import { float64Problem } from "./input/float64-problem.js";
import type { OdeintOptions, PerSampleOptions } from "./input/options.js";
import { METHODS } from "./methods/index.js";
import { checkOdeintSamples, wantsSamples, withoutSamples } from "./samples/check-samples.js";
import { checkpointedSamples } from "./samples/checkpointed-samples.js";
import { odeintSamples } from "./samples/odeint-samples.js";
import { solveOutputs } from "./solution/outputs.js";
import { isRecording, rewindTape, tapeMark } from "./state/tape.js";
import type { AnyState, AnyTimes, Dynamics, SampleDynamics, SampleTimes, Stacked, TimeOf } from "./types.js";

/**
 * Solves y′ = f(t, y), y(t[0]) = y0, and returns y at all times t. Differentiable through its steps with `tf.grad` and its kin: gradients
 * reach y0, `args`, everything that f closes over, and t when t is a tensor. Step sizes are constants to the gradient.
 *
 * @param f dy/dt, shaped as y
 * @param y0 tensors (float32), or numbers and Float64Arrays (solved in float64 without tfjs), in arrays and records at will
 * @param t times, strictly increasing or decreasing; the first is that of y0, and where it is the only one, y0 is the answer
 * @returns y0's tree with a new first axis of length t.length, y0 first
 * @throws OdeError on bad input, and when the solve can't reach the last time: its `status` names the cause
 *
 * @example
 * const y = odeint((t, y) => -y, 1, [0, 1]); // Float64Array [1, 0.3678…]
 */
export function odeint<const S extends AnyState, const T extends AnyTimes, A = undefined>(
  f: Dynamics<S, A, TimeOf<T>>,
  y0: S,
  t: T,
  options?: OdeintOptions<A, S>,
): Stacked<S>;
/**
 * The same for each row of a batch on its own: its own steps, error test and times.
 *
 * @param f dy/dt of the rows that still step; t is a tensor [rows, 1, …]
 * @param y0 tensors [n, …]
 * @param t times, the same for every row, or [n][times]
 * @returns y0's tree with times as first and rows as second axis
 */
export function odeint<const S extends AnyState, A = undefined>(
  f: SampleDynamics<S, A>,
  y0: S,
  t: SampleTimes,
  options: OdeintOptions<A, S> & PerSampleOptions<A>,
): Stacked<S>;
export function odeint(f: unknown, y0: unknown, t: unknown, options: unknown = {}): unknown {
  if (wantsSamples("odeint", options)) {
    const { call, gradient } = checkOdeintSamples("odeint", f, y0, t, options, METHODS);
    return gradient === "checkpointed" ? checkpointedSamples(call) : odeintSamples(call);
  }
  const { checked, gradient } = checkOdeint("odeint", f, y0, t, withoutSamples(options), METHODS);
  if (checked.y0.kind === "numbers") {
    if (gradient !== "steps") throw new OdeError("odeint: gradient does not apply to a state of numbers; leave it out.");
    return solveOutputs(checked, float64Problem(checked).problem);
  }
  if (gradient === "checkpointed") return checkpointed(checked);
  const { leaves } = checked.y0;
  const mark = tapeMark();
  try {
    return tidy(() => solveOutputs(checked, gradientProblem(checked, leaves, isRecording()).problem) as Tensor);
  } catch (error) {
    rewindTape(mark);
    throw error;
  }
}
