import { reshape, slice, type Tensor } from "@tensorflow/tfjs-core";
import { tensorSearch } from "./events/tensor-event.js";
import { gradientProblem } from "./gradients/gradient-problem.js";
import { type CheckedSolve, checkSolve } from "./input/check-calls.js";
import { checkResume } from "./input/check-resume.js";
import type { SolveOptions } from "./input/options.js";
import { METHODS } from "./methods/index.js";
import { solveNumbers, solveNumbersAsync } from "./solution/numbers.js";
import { type RecordedSolve, recordSolve, recordSolveAsync } from "./solution/record.js";
import type { Solution } from "./solution/solution.js";
import { refuseDisposed } from "./state/disposed.js";
import { isRecording, rewindTape, tapeMark } from "./state/tape.js";
import { flatten, type Tree } from "./state/tree.js";
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
    return recordSolve(recordedTensors(checked, checked.y0.leaves, isRecording())) as Solution<S>;
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
  return (await recordSolveAsync(recordedTensors(checked, checked.y0.leaves, false))) as Solution<S>;
}

function recordedTensors(
  checked: CheckedSolve,
  y0: Tensor[],
  forGradient: boolean,
  from?: RecordedSolve<Tensor[]>["from"],
): RecordedSolve<Tensor[]> {
  const made = gradientProblem(checked, y0, forGradient);
  return {
    problem: made.problem,
    record: checked.record,
    search: checked.wanted && tensorSearch(checked, checked.wanted, made),
    from,
    lastState: (stacked) => flatten(stacked as Tree<Tensor>).leaves.map((leaf) => lastRow(checked.caller, leaf)),
    resume: (end, options) => {
      const { wanted, controller } = end.going ?? {};
      const next = recordedTensors(checkResume(checked, end, options), end.y, isRecording(), { wanted, controller });
      const maxSteps = next.problem.maxSteps + end.statistics.accepted + end.statistics.rejected;
      return { ...next, problem: { ...next.problem, maxSteps } };
    },
  };
}

function lastRow(caller: string, stacked: Tensor): Tensor {
  refuseDisposed(`${caller}: resume`, "the solution", stacked);
  return reshape(slice(stacked, stacked.shape[0]! - 1, 1), stacked.shape.slice(1));
}
