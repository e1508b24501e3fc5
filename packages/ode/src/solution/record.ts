import { type FoundEvent, searchEvent } from "../events/search-event.js";
import type { EventSearch } from "../events/sign-watch.js";
import type { RecordOptions } from "../input/check-calls.js";
import type { Reading, StateSpace } from "../state/state-space.js";
import { drive, driveAsync } from "../stepping/drive.js";
import { integrate } from "../stepping/integrate.js";
import type { Ending, Observer, Problem } from "../stepping/problem.js";
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

/** Solves a problem and keeps its steps, until an event where one is looked for. */
export function recordSolve<V>(problem: Problem<V>, options: RecordOptions, search?: EventSearch<V>): Solution<unknown> {
  const recorder = new Recorder(problem, options.dense);
  const ending = drive(problem.space, steps(problem, recorder, search));
  return finish(problem, recorder, ending, options);
}

/** The same without blocking. */
export async function recordSolveAsync<V>(
  problem: Problem<V>,
  options: RecordOptions,
  search?: EventSearch<V>,
): Promise<Solution<unknown>> {
  const recorder = new Recorder(problem, options.dense);
  const ending = await driveAsync(problem.space, steps({ ...problem, cooperative: true }, recorder, search));
  return finish(problem, recorder, ending, options);
}

function* steps<V>(
  problem: Problem<V>,
  recorder: Recorder<V>,
  search: EventSearch<V> | undefined,
): Generator<Reading, Ending<V>, number> {
  if (search === undefined) return yield* integrate(problem, recorder);
  const ending = yield* searchEvent(problem, search, recorder);
  if (ending.found !== undefined) recorder.endAt(ending.found);
  return ending;
}

function finish<V>(
  { caller, space, statistics }: Problem<V>,
  recorder: Recorder<V>,
  { status }: Ending<V>,
  { dense, onStatistics }: RecordOptions,
): Solution<unknown> {
  const y = space.stack(recorder.states);
  const steps = dense ? recorder.steps : undefined;
  const start = dense && recorder.steps.length === 0 ? space.scope(() => space.clone(recorder.states[0]!)) : undefined;
  space.close([...recorder.steps.flatMap((step) => step.states()), ...(start === undefined ? [] : [start])]);
  const nodes = Float64Array.from(recorder.nodes);
  const solution = new StepwiseSolution(caller, space, { nodes, y, steps, start, status, statistics });
  try {
    onStatistics?.({ ...statistics });
  } catch (error) {
    solution.dispose();
    throw error;
  }
  return solution;
}
