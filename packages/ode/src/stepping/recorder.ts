import type { Reading } from "../state/state-space.js";
import { integrate } from "./integrate.js";
import type { Ending, Observer, Problem, StepWatch } from "./problem.js";

/** Keeps states of a solve, the first among them, and may end it. */
export interface Recorder<V> extends Observer<V> {
  /** Times of the states, in the direction of integration. */
  readonly times: ArrayLike<number>;
  readonly states: readonly V[];
  /** Looks at the start, and then at each step. */
  watch?(): Generator<Reading, StepWatch<V>, number>;
}

/** Makes what keeps the states of a solve. */
export type MakeRecorder<V> = (problem: Problem<V>) => Recorder<V>;

/** Solves while a recorder looks on; `observer` sees the steps in its place. */
export function* integrateRecorded<V>(
  problem: Problem<V>,
  recorder: Recorder<V>,
  observer: Observer<V> = recorder,
): Generator<Reading, Ending<V>, number> {
  return yield* integrate(problem, observer, recorder.watch && (yield* recorder.watch()));
}
