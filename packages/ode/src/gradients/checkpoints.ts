import type { StateSpace, StepSpan } from "../state/state-space.js";
import type { Observer } from "../stepping/problem.js";
import type { Step } from "../stepping/step.js";

/**
 * Remembers the nodes of a solve and the states at some of them, without knowing how many there will be: every stride-th, and when more
 * than twice the stride are stored, every other one goes and the stride doubles. Of N steps about √N states stay, about √N steps apart.
 */
export class Checkpoints<V> implements Observer<V> {
  readonly #space: StateSpace<V>;
  readonly #inner: Observer<V>;
  /** Every node, the first included. */
  readonly nodes: number[];
  /** States at nodes 0, stride, 2 · stride, … */
  states: V[];
  stride = 1;

  /** @param inner also sees every step */
  constructor(space: StateSpace<V>, t0: number, y0: V, inner: Observer<V>) {
    this.#space = space;
    this.#inner = inner;
    this.nodes = [t0];
    this.states = [space.scope(() => space.clone(y0))];
  }

  needsDense(span: StepSpan): boolean {
    return this.#inner.needsDense(span);
  }

  onStep(step: Step<V>): V | undefined {
    this.nodes.push(step.span.t1);
    if ((this.nodes.length - 1) % this.stride === 0) {
      this.states.push(this.#space.scope(() => this.#space.clone(step.y1)));
      if (this.states.length > 2 * this.stride + 1) this.#thin();
    }
    return this.#inner.onStep(step);
  }

  #thin(): void {
    this.states.forEach((state, i) => {
      if (i % 2 === 1) this.#space.dispose(state);
    });
    this.states = this.states.filter((_, i) => i % 2 === 0);
    this.stride *= 2;
  }
}
