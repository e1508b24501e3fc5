import { checkNumber } from "@latentflow/core";
import { OdeError } from "../errors.js";
import type { StateSpace } from "../state/state-space.js";
import { disposeTree } from "../state/tree.js";
import type { Statistics, Status } from "../status.js";
import type { Step } from "../stepping/step.js";
import type { Stacked, StateOf } from "../types.js";

/** The result of `solve`: states at the solver's own nodes, and the solution between them. */
export interface Solution<S> {
  /** Nodes of the accepted steps, t0 first. Give them to `odeint` as `grid` to repeat the solve, differentiably. */
  readonly t: Float64Array;
  /** States at the nodes, stacked along a new first axis. */
  readonly y: Stacked<S>;
  /** How the solve ended: only `finished` reached t1; `event` found one. */
  readonly status: Status;
  readonly stats: Statistics;
  /** y at any time between the first and the last node, of the order that the method's dense output states. */
  evaluate(t: number): StateOf<S>;
  /** dy/dt of the dense output. */
  derivative(t: number): StateOf<S>;
  /**
   * Solves on from where this one ended, to t1 or an event, with the same options and what the method remembers: the next step's length, the controller's
   * errors, earlier steps and Jacobians. The solution from there, whose `stats` count on; to the bit that of one solve with a step that ends where this one did
   * (`stepTimes`), in float64 and for explicit Runge–Kutta methods on tensors. On tensors implicit methods take a new Jacobian, and Adams' forget earlier
   * steps; anything starts anew after an event, and where a solution is resumed a second time. Not after a solve that failed.
   */
  resume(options: ResumeOptions): Solution<S>;
  /** The same without blocking. */
  resumeAsync(options: ResumeOptions): Promise<Solution<S>>;
  /** Frees the tensors held; nothing to do for numbers. */
  dispose(): void;
}

/** How a solution goes on. */
export interface ResumeOptions {
  /** Where the solve ends then, in its direction. */
  readonly t1: number;
  /** Nodes from where it ended, where the first solve was given a grid. */
  readonly grid?: readonly number[] | Float64Array;
  /** Steps tried at most from here. Default: as in the first solve. */
  readonly maxSteps?: number;
}

/** What a solution is made of. */
interface SolutionParts<V> {
  readonly nodes: Float64Array;
  /** States at the nodes, stacked. */
  readonly y: unknown;
  readonly steps: readonly Step<V>[] | undefined;
  readonly start: V | undefined;
  readonly status: Status;
  readonly statistics: Statistics;
  readonly resume: (options: ResumeOptions) => Solution<unknown>;
  readonly resumeAsync: (options: ResumeOptions) => Promise<Solution<unknown>>;
}

/** A solution made of its steps, which it owns. Its tensors are in plain fields, where tf.tidy finds them when it is returned. */
export class StepwiseSolution<V> implements Solution<unknown> {
  readonly #caller: string;
  readonly #space: StateSpace<V>;
  readonly #parts: SolutionParts<V>;
  readonly t: Float64Array;
  readonly y: Stacked<unknown>;
  readonly status: Status;
  readonly stats: Statistics;
  readonly steps: readonly Step<V>[] | undefined;

  /** The first state, where no step tells it. */
  readonly start: V | undefined;

  constructor(caller: string, space: StateSpace<V>, parts: SolutionParts<V>) {
    this.#caller = caller;
    this.#space = space;
    this.#parts = parts;
    this.t = parts.nodes;
    this.y = parts.y as Stacked<unknown>;
    this.steps = parts.steps;
    this.start = parts.start;
    this.status = parts.status;
    this.stats = parts.statistics;
  }

  evaluate(t: number): StateOf<unknown> {
    const { start } = this;
    if (start !== undefined && t === this.t[0]) {
      this.#requireAlive("evaluate", start);
      return this.#present(() => this.#space.clone(start));
    }
    return this.#present(() => this.#stepAt("evaluate", t).evaluate(t));
  }

  derivative(t: number): StateOf<unknown> {
    return this.#present(() => this.#stepAt("derivative", t).derivative(t));
  }

  resume(options: ResumeOptions): Solution<unknown> {
    return this.#parts.resume(options);
  }

  async resumeAsync(options: ResumeOptions): Promise<Solution<unknown>> {
    return this.#parts.resumeAsync(options);
  }

  dispose(): void {
    disposeTree(this.y);
    for (const step of this.steps ?? []) for (const state of step.states()) this.#space.dispose(state);
    if (this.start !== undefined) this.#space.dispose(this.start);
  }

  /** A state as the user's tree, whose tensors the caller then owns. */
  #present(work: () => V): StateOf<unknown> {
    const state = this.#space.scope(work);
    this.#space.close([state]);
    return this.#space.present(state) as StateOf<unknown>;
  }

  #requireAlive(method: string, state: V): void {
    if (this.#space.isDisposed(state))
      throw new OdeError(
        `${this.#caller}: ${method}: expected a solution that holds its tensors, got one that was disposed; dispose it after its last use, and return it from a tidy around it.`,
      );
  }

  #stepAt(method: string, t: number): Step<V> {
    const { t: nodes, steps } = this;
    checkNumber(`${this.#caller}: ${method}`, "t", t, {}, OdeError);
    if (steps === undefined) throw new OdeError(`${this.#caller}: ${method} needs dense output; leave out dense: false.`);
    if (steps.length === 0)
      throw new OdeError(
        `${this.#caller}: ${method}: expected a solve of at least one step, got none: it ${this.status.message}`,
      );
    const first = nodes[0]!;
    const last = nodes[nodes.length - 1]!;
    const direction = last >= first ? 1 : -1;
    const step = steps[intervalOf(nodes, t, direction)];
    if (step === undefined || !((t - first) * direction >= 0 && (last - t) * direction >= 0)) {
      throw new OdeError(
        `${this.#caller}: ${method}: expected t between ${first} and ${last}, where the solution is known, got ${t}.`,
      );
    }
    this.#requireAlive(method, step.y0);
    return step;
  }
}

/** Index of the interval of monotonic nodes that holds t, by bisection. */
function intervalOf(nodes: Float64Array, t: number, direction: number): number {
  let low = 0;
  let high = nodes.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((t - nodes[middle]!) * direction >= 0) low = middle;
    else high = middle;
  }
  return low;
}
