import type { Row } from "./row.js";
import type { ErrorTest, Reading, Stages, StateSpace, StepSpan } from "./state-space.js";

/** Slopes as a list of states, combined by their space. */
export class StageList<V> implements Stages<V> {
  readonly #space: StateSpace<V>;
  #slopes: V[] = [];

  constructor(space: StateSpace<V>) {
    this.#space = space;
  }

  begin(f0: V): void {
    this.#slopes = [f0];
  }

  push(slope: V): void {
    this.#slopes.push(slope);
  }

  combine(base: V, span: StepSpan, row: Row, spare: V | undefined): V {
    if (spare !== undefined) this.#space.recycle(spare);
    return this.#space.combine(base, span, row.all, this.#slopes);
  }

  norm(span: StepSpan, row: Row, a: V, b: V, test: ErrorTest<V>): Reading {
    return this.#space.norm(span.h, row.all, this.#slopes, a, b, test);
  }

  get held(): readonly V[] {
    return this.#slopes;
  }

  slopes(): V[] {
    return this.#slopes;
  }

  last(): V {
    return this.#slopes[this.#slopes.length - 1]!;
  }

  release(kept?: V): void {
    const slopes = this.#slopes;
    for (let i = 1; i < slopes.length; i++) if (slopes[i] !== kept) this.#space.recycle(slopes[i]!);
  }
}
