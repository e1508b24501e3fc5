import { disposeTree } from "@latentflow/core";
import { OdeError } from "./errors.js";
import type { StateSpace } from "./state/state-space.js";
import type { Statistics, Status } from "./status.js";
import type { Step } from "./stepping/step.js";
import type { Stacked, StateOf } from "./types.js";

/** The result of `solve`: states at the solver's own nodes, and the solution between them. */
export interface Solution<S> {
  /** Nodes of the accepted steps, t0 first. Give them to `odeint` as `grid` to repeat the solve, differentiably. */
  readonly t: Float64Array;
  /** States at the nodes, stacked along a new first axis. */
  readonly y: Stacked<S>;
  /** How the solve ended; only `finished` reached t1. */
  readonly status: Status;
  readonly stats: Statistics;
  /** y at any time between the first and the last node, of the order that the method's dense output states. */
  evaluate(t: number): StateOf<S>;
  /** dy/dt of the dense output. */
  derivative(t: number): StateOf<S>;
  /** Frees the tensors held; nothing to do for numbers. */
  dispose(): void;
}

/** A solution made of its steps, which it owns. Its tensors are in plain fields, where tf.tidy finds them when it is returned. */
export class StepwiseSolution<V> implements Solution<unknown> {
  readonly #caller: string;
  readonly #space: StateSpace<V>;
  readonly t: Float64Array;
  readonly y: Stacked<unknown>;
  readonly status: Status;
  readonly stats: Statistics;
  readonly steps: readonly Step<V>[] | undefined;

  constructor(
    caller: string,
    space: StateSpace<V>,
    nodes: Float64Array,
    y: unknown,
    steps: readonly Step<V>[] | undefined,
    status: Status,
    stats: Statistics,
  ) {
    this.#caller = caller;
    this.#space = space;
    this.t = nodes;
    this.y = y as Stacked<unknown>;
    this.steps = steps;
    this.status = status;
    this.stats = stats;
  }

  evaluate(t: number): StateOf<unknown> {
    return this.#present(() => this.#stepAt("evaluate", t).evaluate(t));
  }

  derivative(t: number): StateOf<unknown> {
    return this.#present(() => this.#stepAt("derivative", t).derivative(t));
  }

  dispose(): void {
    disposeTree(this.y);
    for (const step of this.steps ?? []) for (const state of step.states()) this.#space.dispose(state);
  }

  /** A state as the user's tree, whose tensors the caller then owns. */
  #present(work: () => V): StateOf<unknown> {
    const state = this.#space.scope(work);
    this.#space.close([state]);
    return this.#space.present(state) as StateOf<unknown>;
  }

  #stepAt(method: string, t: number): Step<V> {
    const { t: nodes, steps } = this;
    if (steps === undefined) throw new OdeError(`${this.#caller}: ${method} needs dense output; leave out dense: false.`);
    const first = nodes[0]!;
    const last = nodes[nodes.length - 1]!;
    const direction = last >= first ? 1 : -1;
    const step = steps[intervalOf(nodes, t, direction)];
    if (step === undefined || !((t - first) * direction >= 0 && (last - t) * direction >= 0)) {
      throw new OdeError(
        `${this.#caller}: ${method}: expected t between ${first} and ${last}, where the solution is known, got ${t}.`,
      );
    }
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
