import { numberSearch } from "../events/number-event.js";
import type { CheckedSolve } from "../input/check-calls.js";
import { float64Problem } from "../input/float64-problem.js";
import { recordSolve, recordSolveAsync } from "./record.js";
import type { Solution } from "./solution.js";

/** Solves on a state of numbers. */
export function solveNumbers(checked: CheckedSolve): Solution<unknown> {
  const { problem } = float64Problem(checked);
  return recordSolve(problem, checked.record, checked.wanted && numberSearch(checked, checked.wanted, problem));
}

/** The same, and lets other work run in between. */
export async function solveNumbersAsync(checked: CheckedSolve): Promise<Solution<unknown>> {
  const { problem } = float64Problem(checked);
  return recordSolveAsync(problem, checked.record, checked.wanted && numberSearch(checked, checked.wanted, problem));
}
