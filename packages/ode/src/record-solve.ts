import type { SolveOptions } from "./options.js";
import { type Solution, StepwiseSolution } from "./solution.js";
import type { StateSpace } from "./state/state-space.js";
import { drive, driveAsync } from "./stepping/drive.js";
import { type Ending, integrate, type Observer, type Problem } from "./stepping/integrate.js";
import type { Step } from "./stepping/step.js";

/** What is kept of a solve, and who hears of its cost. */
interface RecordOptions {
  readonly dense?: boolean;
  readonly onStatistics?: SolveOptions["onStatistics"] | undefined;
}

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

  #copy(step: Step<V>): Step<V> {
    let copy = step;
    this.#space.scope(() => {
      copy = step.clone();
      return copy.states();
    });
    return copy;
  }
}

/** Solves a problem and keeps its steps. */
export function recordSolve<V>(problem: Problem<V>, { dense = true, onStatistics }: RecordOptions): Solution<unknown> {
  const recorder = new Recorder(problem, dense);
  const ending = drive(problem.space, integrate(problem, recorder));
  return finish(problem, recorder, ending, { dense, onStatistics });
}

/** The same without blocking. */
export async function recordSolveAsync<V>(
  problem: Problem<V>,
  { dense = true, onStatistics }: RecordOptions,
): Promise<Solution<unknown>> {
  const recorder = new Recorder(problem, dense);
  const ending = await driveAsync(problem.space, integrate({ ...problem, cooperative: true }, recorder));
  return finish(problem, recorder, ending, { dense, onStatistics });
}

function finish<V>(
  { caller, space, statistics }: Problem<V>,
  recorder: Recorder<V>,
  { status }: Ending<V>,
  { dense, onStatistics }: RecordOptions & { readonly dense: boolean },
): Solution<unknown> {
  const y = space.stack(recorder.states);
  const steps = dense ? recorder.steps : undefined;
  space.close(recorder.steps.flatMap((step) => step.states()));
  const solution = new StepwiseSolution(caller, space, Float64Array.from(recorder.nodes), y, steps, status, statistics);
  try {
    onStatistics?.({ ...statistics });
  } catch (error) {
    solution.dispose();
    throw error;
  }
  return solution;
}
