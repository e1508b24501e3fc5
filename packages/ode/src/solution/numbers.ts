import { numberSearch } from "../events/number-event.js";
import type { CheckedSolve } from "../input/check-calls.js";
import { checkResume } from "../input/check-resume.js";
import { float64Problem } from "../input/float64-problem.js";
import type { Problem } from "../stepping/problem.js";
import { type RecordedSolve, recordSolve, recordSolveAsync } from "./record.js";
import type { Solution } from "./solution.js";

/** Solves on a state of numbers. */
export function solveNumbers(checked: CheckedSolve): Solution<unknown> {
  return recordSolve(recorded(checked, float64Problem(checked).problem));
}

/** The same, and lets other work run in between. */
export async function solveNumbersAsync(checked: CheckedSolve): Promise<Solution<unknown>> {
  return recordSolveAsync(recorded(checked, float64Problem(checked).problem));
}

function recorded(
  checked: CheckedSolve,
  problem: Problem<Float64Array>,
  from?: RecordedSolve<Float64Array>["from"],
): RecordedSolve<Float64Array> {
  return {
    problem,
    record: checked.record,
    search: checked.wanted && numberSearch(checked, checked.wanted, problem),
    from,
    lastState: (_, states) => states[states.length - 1]!,
    resume: (end, options) => {
      const call = checkResume(checked, end, options);
      const { problem: anew } = float64Problem(call);
      const { t0, t1, steps, jumps } = anew;
      const maxSteps = anew.maxSteps + end.statistics.accepted + end.statistics.rejected;
      // A stepper that goes on calls the functions that it was made with, which count where they did.
      const going = end.going?.stepper === undefined ? anew : { ...problem, t0, t1, steps, jumps };
      return recorded(call, { ...going, y0: end.y, maxSteps }, end.going);
    },
  };
}
