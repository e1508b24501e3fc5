import { tensorSearch } from "./events/tensor-event.js";
import { gradientProblem } from "./gradients/gradient-problem.js";
import { checkSolve } from "./input/check-calls.js";
import type { SolveOptions } from "./input/options.js";
import { METHODS } from "./methods/index.js";
import { solveNumbers, solveNumbersAsync } from "./solution/numbers.js";
import { recordSolve, recordSolveAsync } from "./solution/record.js";
import type { Solution } from "./solution/solution.js";
import { isRecording, rewindTape, tapeMark } from "./state/tape.js";
import type { AnyState, Dynamics } from "./types.js";

/**
 * Solves y′ = f(t, y) from t0 to t1, or until `event` changes sign, and keeps the solution: nodes, states, dense output between them, and
 * how it ended. Does not throw when the solve stops early: see `status`. Dispose the solution when y0 was tensors.
 */
export function solve<const S extends AnyState, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  options: SolveOptions<A, S>,
): Solution<S> {
  const checked = checkSolve("solve", f, y0, options, METHODS);
  if (checked.y0.kind === "numbers") return solveNumbers(checked) as Solution<S>;
  const mark = tapeMark();
  try {
    const made = gradientProblem(checked, checked.y0.leaves, isRecording());
    return recordSolve(
      made.problem,
      checked.record,
      checked.wanted && tensorSearch(checked, checked.wanted, made),
    ) as Solution<S>;
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
  options: SolveOptions<A, S>,
): Promise<Solution<S>> {
  const checked = checkSolve("solveAsync", f, y0, options, METHODS);
  if (checked.y0.kind === "numbers") return (await solveNumbersAsync(checked)) as Solution<S>;
  const made = gradientProblem(checked, checked.y0.leaves, false);
  const search = checked.wanted && tensorSearch(checked, checked.wanted, made);
  return (await recordSolveAsync(made.problem, checked.record, search)) as Solution<S>;
}
