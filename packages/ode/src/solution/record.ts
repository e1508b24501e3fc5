import { type FoundEvent, searchEvent } from "../events/search-event.js";
import type { EventSearch } from "../events/sign-watch.js";
import type { RecordOptions } from "../input/check-calls.js";
import type { Reading, StateSpace } from "../state/state-space.js";
import { copyStatistics, type Statistics, type Status } from "../status.js";
import { drive, driveAsync } from "../stepping/drive.js";
import { integrate } from "../stepping/integrate.js";
import type { Ending, Going, Observer, Problem } from "../stepping/problem.js";
import type { Step } from "../stepping/step.js";
import { type Solution, StepwiseSolution } from "./solution.js";

/** Keeps every accepted step, or only its end. */
class Recorder<V> implements Observer<V> {
  readonly #space: StateSpace<V>;
  readonly #dense: boolean;
  readonly nodes: number[];
  readonly states: V[];
  readonly steps: Step<V>[] = [];

  constructor({ space, t0, y0 }: Problem<V>, dense: boolean) {
    this.#space = space;
    this.#dense = dense;
    this.nodes = [t0];
    this.states = [space.scope(() => space.clone(y0))];
  }

  needsDense(): boolean {
    return this.#dense;
  }

  onStep(step: Step<V>): undefined {
    this.nodes.push(step.span.t1);
    this.states.push(this.#space.scope(() => this.#space.clone(step.y1)));
    if (this.#dense) this.steps.push(this.#copy(step));
  }

  /** The last step ended early, at an event. */
  endAt({ t, y }: FoundEvent<V>): void {
    const last = this.nodes.length - 1;
    this.nodes[last] = t;
    this.#space.dispose(this.states[last]!);
    this.states[last] = y;
  }

  #copy(step: Step<V>): Step<V> {
    let copy = step;
    this.#space.scope(() => {
      copy = step.clone();
      return copy.states();
    });
    return copy;
  }
}

/** A solve that is to be kept. */
export interface RecordedSolve<V> {
  readonly problem: Problem<V>;
  readonly record: RecordOptions;
  readonly search: EventSearch<V> | undefined;
  /** Where it goes on with what another one remembered. */
  readonly from?: Going<V> | undefined;
  /** The last state of its solution, given what that holds: states stacked, and one by one where memory is not freed by hand. */
  lastState(stacked: unknown, states: readonly V[]): V;
  /** The solve that goes on from its end. */
  resume(end: SolveEnd<V>, options: unknown): RecordedSolve<V>;
}

/** How a solve that was kept ended. */
export interface SolveEnd<V> {
  readonly t: number;
  readonly y: V;
  readonly status: Status;
  readonly statistics: Statistics;
  readonly going: Going<V> | undefined;
}

/** Solves a problem and keeps its steps, until an event where one is looked for. */
export function recordSolve<V>(solve: RecordedSolve<V>): Solution<unknown> {
  const { problem, record } = solve;
  const recorder = new Recorder(problem, record.dense);
  return finish(solve, recorder, drive(problem.space, steps(solve, recorder)));
}

/** The same without blocking. */
export async function recordSolveAsync<V>(solve: RecordedSolve<V>): Promise<Solution<unknown>> {
  const problem = { ...solve.problem, cooperative: true };
  const recorder = new Recorder(problem, solve.record.dense);
  return finish(solve, recorder, await driveAsync(problem.space, steps({ ...solve, problem }, recorder)));
}

function* steps<V>({ problem, search, from }: RecordedSolve<V>, recorder: Recorder<V>): Generator<Reading, Ending<V>, number> {
  if (search === undefined) return yield* integrate(problem, recorder, undefined, from);
  const ending = yield* searchEvent(problem, search, recorder, from);
  if (ending.found !== undefined) recorder.endAt(ending.found);
  return ending;
}

function finish<V>(solve: RecordedSolve<V>, recorder: Recorder<V>, { status, going }: Ending<V>): Solution<unknown> {
  const { caller, space } = solve.problem;
  const { dense, onStatistics } = solve.record;
  // A solve that goes on counts on.
  const statistics = copyStatistics(solve.problem.statistics);
  const y = space.stack(recorder.states);
  const steps = dense ? recorder.steps : undefined;
  const start = dense && recorder.steps.length === 0 ? space.scope(() => space.clone(recorder.states[0]!)) : undefined;
  space.close([...recorder.steps.flatMap((step) => step.states()), ...(start === undefined ? [] : [start])]);
  const nodes = Float64Array.from(recorder.nodes);
  const t = nodes[nodes.length - 1]!;
  // What a method remembers is there once: who goes on from here again starts it anew.
  let left = going;
  const next = (options: unknown) => {
    const last = space.scope(() => solve.lastState(y, recorder.states));
    const resumed = solve.resume({ t, y: last, status, statistics, going: left }, options);
    left = left && { wanted: left.wanted };
    return resumed;
  };
  /** What `lastState` made. */
  const free = () => space.close([]);
  const solution = new StepwiseSolution(caller, space, {
    ...{ nodes, y, steps, start, status, statistics },
    resume: (options) => {
      try {
        return recordSolve(next(options));
      } finally {
        free();
      }
    },
    resumeAsync: async (options) => {
      try {
        return await recordSolveAsync(next(options));
      } finally {
        free();
      }
    },
  });
  try {
    onStatistics?.(copyStatistics(statistics));
  } catch (error) {
    solution.dispose();
    throw error;
  }
  return solution;
}
