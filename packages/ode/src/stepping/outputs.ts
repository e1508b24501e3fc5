import type { StateSpace, StepSpan } from "../state/state-space.js";
import type { Observer } from "./problem.js";
import type { Step } from "./step.js";

/** Collects the states at given times from the dense output of the steps: an output grid costs no steps. */
export class Outputs<V> implements Observer<V> {
  readonly #space: StateSpace<V>;
  readonly times: ArrayLike<number>;
  readonly #direction: number;
  /** States at the first times, as many as are reached. Owned by the space until it is closed. */
  readonly states: V[] = [];

  /** @param times in the direction of integration; the first is that of y0 */
  constructor(space: StateSpace<V>, times: ArrayLike<number>, y0: V) {
    this.#space = space;
    this.times = times;
    this.#direction = times[times.length - 1]! >= times[0]! ? 1 : -1;
    this.states.push(space.scope(() => space.clone(y0)));
  }

  needsDense(span: StepSpan): boolean {
    const next = this.times[this.states.length];
    if (next === undefined) return false;
    return (next - span.t1) * this.#direction < 0 || (next === span.t1 && this.#space.outputMoves?.(next) === true);
  }

  onStep(step: Step<V>): undefined {
    for (;;) {
      const time = this.times[this.states.length];
      if (time === undefined || (time - step.span.t1) * this.#direction > 0) return undefined;
      this.states.push(this.#space.scope(() => step.evaluate(time)));
    }
  }
}
