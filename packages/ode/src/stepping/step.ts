import type { DenseOutput } from "../methods/method.js";
import { differentiatePolynomials } from "../state/polynomials.js";
import type { StateSpace, StepSpan } from "../state/state-space.js";

/** An accepted step with its dense output. */
export class Step<V> {
  readonly #space: StateSpace<V>;
  readonly #dense: DenseOutput;
  readonly span: StepSpan;
  readonly y0: V;
  readonly y1: V;
  /** What dense output combines; nothing where nobody was to look inside. */
  readonly slopes: readonly V[];

  constructor(space: StateSpace<V>, dense: DenseOutput, span: StepSpan, y0: V, y1: V, slopes: readonly V[]) {
    this.#space = space;
    this.#dense = dense;
    this.span = span;
    this.y0 = y0;
    this.y1 = y1;
    this.slopes = slopes;
  }

  /** y(t) for t within the step, a state that the caller owns. */
  evaluate(t: number): V {
    if (t === this.span.t1 && this.#space.outputMoves?.(t) !== true) return this.#space.clone(this.y1);
    if (t === this.span.t0) return this.#space.clone(this.y0);
    return this.#space.interpolate(this.y0, this.span, this.#dense.polynomials, this.slopes, t);
  }

  /** y′(t) of the dense output for t within the step, a state that the caller owns. */
  derivative(t: number): V {
    const weights = differentiatePolynomials(this.#dense.polynomials, (t - this.span.t0) / this.span.h);
    return this.#space.combine(undefined, undefined, weights, this.slopes);
  }

  /** A copy whose states the caller owns. */
  clone(): Step<V> {
    const copy = (state: V) => this.#space.clone(state);
    return new Step(this.#space, this.#dense, this.span, copy(this.y0), copy(this.y1), this.slopes.map(copy));
  }

  /** The states that `clone` copied. */
  states(): V[] {
    return [this.y0, this.y1, ...this.slopes];
  }
}
