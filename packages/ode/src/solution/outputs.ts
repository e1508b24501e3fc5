import { type CheckedCall, requireArrival } from "../input/problem.js";
import { drive } from "../stepping/drive.js";
import { integrate } from "../stepping/integrate.js";
import { Outputs } from "../stepping/outputs.js";
import type { Problem } from "../stepping/problem.js";

/** Solves a problem and stacks its states at the output times. */
export function solveOutputs<V>({ caller, times, options }: CheckedCall, problem: Problem<V>): unknown {
  const { space } = problem;
  const outputs = new Outputs(space, times.values, problem.y0);
  const { status } = drive(space, integrate(problem, outputs));
  options.onStatistics?.({ ...problem.statistics });
  if (status.kind !== "finished") space.close([]);
  requireArrival(caller, status);
  const stacked = space.stack(outputs.states);
  space.close([]);
  return stacked;
}
