import { checkNumber } from "@latentflow/core";
import { OdeError } from "./errors.js";
import { rewindTape, tapeMark } from "./gradients/tape.js";
import type { SolveOptions } from "./options.js";
import { checkDynamics, checkInitialState, checkOptionsObject } from "./prepare.js";
import { type LooseOptions, requireSteps } from "./prepare-options.js";
import { type Checked, float64Problem, tensorProblem } from "./problem.js";
import { type Solution, StepwiseSolution } from "./solution.js";
import type { StateSpace } from "./state/state-space.js";
import { drive, driveAsync } from "./stepping/drive.js";
import { type Ending, integrate, type Observer, type Problem } from "./stepping/integrate.js";
import type { Step } from "./stepping/step.js";
import type { Dynamics, State } from "./types.js";

/**
 * Solves y′ = f(t, y) from t0 to t1 and keeps the solution: nodes, states, dense output between them, and how it ended. Does not throw when
 * the solve stops early: see `status`. Dispose the solution when y0 was tensors.
 */
export function solve<const S extends State, A = undefined>(f: Dynamics<S, A>, y0: S, options: SolveOptions<A>): Solution<S> {
  const checked = checkSolve("solve", f, y0, options);
  if (checked.y0.kind === "numbers") return runSolve(float64Problem(checked).problem, options) as Solution<S>;
  const mark = tapeMark();
  try {
    return runSolve(tensorProblem(checked, checked.y0.leaves).problem, options) as Solution<S>;
  } catch (error) {
    rewindTape(mark);
    throw error;
  }
}

/**
 * As `solve`, without blocking: awaits the one scalar that a step needs from the device, and lets other work run in between. It can't be
 * recorded by `tf.grad`; for gradients give its `t` to `odeint` as `grid`, which repeats the same steps.
 */
export async function solveAsync<const S extends State, A = undefined>(
  f: Dynamics<S, A>,
  y0: S,
  options: SolveOptions<A>,
): Promise<Solution<S>> {
  const checked = checkSolve("solveAsync", f, y0, options);
  return (
    checked.y0.kind === "numbers"
      ? await runSolveAsync(float64Problem(checked).problem, options)
      : await runSolveAsync(tensorProblem(checked, checked.y0.leaves).problem, options)
  ) as Solution<S>;
}

function checkSolve(caller: string, f: unknown, y0: unknown, options: object): Checked {
  checkOptionsObject(caller, options, "options with t0 and t1");
  const { t0, t1, dense } = options as Partial<Pick<SolveOptions, "t0" | "t1" | "dense">>;
  const start = checkNumber(caller, "t0", t0, {}, OdeError);
  const end = checkNumber(caller, "t1", t1, {}, OdeError);
  if (start === end) throw new OdeError(`${caller}: expected t0 and t1 to differ, got ${t0} for both.`);
  if (dense !== undefined && typeof dense !== "boolean")
    throw new OdeError(`${caller}: expected dense to be true or false, got ${dense}.`);
  const loose = options as LooseOptions;
  if (loose.method !== undefined && loose.stepSize === undefined && loose.grid === undefined) requireSteps(caller, loose.method);
  return {
    caller,
    f: checkDynamics(caller, f),
    y0: checkInitialState(caller, y0),
    times: { values: Float64Array.of(start, end), tensor: undefined },
    options: loose,
    extra: ["t0", "t1", "dense"],
  };
}

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

function runSolve<V>(problem: Problem<V>, { dense = true, onStatistics }: RecordOptions): Solution<unknown> {
  const recorder = new Recorder(problem, dense);
  const ending = drive(problem.space, integrate(problem, recorder));
  return finish(problem, recorder, ending, { dense, onStatistics });
}

async function runSolveAsync<V>(problem: Problem<V>, { dense = true, onStatistics }: RecordOptions): Promise<Solution<unknown>> {
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
