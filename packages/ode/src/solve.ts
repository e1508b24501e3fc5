import { checkSolve } from "./check-calls.js";
import { float64Problem } from "./float64-problem.js";
import { isRecording, rewindTape, tapeMark } from "./gradients/tape.js";
import type { SolveOptions } from "./options.js";
import { recordSolve, recordSolveAsync } from "./record-solve.js";
import type { Solution } from "./solution.js";
import { tensorProblem } from "./tensor-problem.js";
import type { AnyState, Dynamics } from "./types.js";

/**
 * Solves y′ = f(t, y) from t0 to t1 and keeps the solution: nodes, states, dense output between them, and how it ended. Does not throw when
 * the solve stops early: see `status`. Dispose the solution when y0 was tensors.
 */
export function solve<const S extends AnyState, A = undefined>(f: Dynamics<S, A>, y0: S, options: SolveOptions<A>): Solution<S> {
  const checked = checkSolve("solve", f, y0, options);
  if (checked.y0.kind === "numbers") return recordSolve(float64Problem(checked).problem, options) as Solution<S>;
  const mark = tapeMark();
  try {
    return recordSolve(tensorProblem(checked, checked.y0.leaves, isRecording()).problem, options) as Solution<S>;
  } catch (error) {
    rewindTape(mark);
    throw error;
  }
}

/**
 * As `solve`, without blocking: awaits the one scalar that a step needs from the device, and lets other work run in between. It can't be
 * recorded by `tf.grad`; for gradients give its `t` to `odeint` as `grid`, which repeats the same steps.
 */
export async function solveAsync<const S extends AnyState, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  options: SolveOptions<A>,
): Promise<Solution<S>> {
  const checked = checkSolve("solveAsync", f, y0, options);
  return (
    checked.y0.kind === "numbers"
      ? await recordSolveAsync(float64Problem(checked).problem, options)
      : await recordSolveAsync(tensorProblem(checked, checked.y0.leaves).problem, options)
  ) as Solution<S>;
}
