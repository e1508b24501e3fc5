import type { Row } from "./row.js";
import type { ErrorTest, Stages, StepSpan } from "./state-space.js";

/** What is used of the space whose states a step is made of. */
interface States {
  readonly allocate: () => Float64Array;
  readonly recycle: (state: Float64Array) => void;
  /** The error norm of the space. */
  readonly norm: (error: Float64Array, a: Float64Array, b: Float64Array, test: ErrorTest<Float64Array>) => number;
}

/**
 * Slopes of one length, all in one array: on the short states that numbers are used for, fetching them from many arrays would cost more than most
 * right-hand sides. They are states only once somebody asks for them, which must be before the next step begins.
 */
export class Float64Stages implements Stages<Float64Array> {
  readonly held = undefined;
  readonly #states: States;
  readonly #size: number;
  readonly #flat: Float64Array;
  readonly #error: Float64Array;
  readonly #zero: Float64Array;
  #f0: Float64Array | undefined;
  /** Where the next slope goes. */
  #end = 0;
  /** Slopes that were asked for: all of them, or the last alone. */
  #slopes: Float64Array[] | undefined;
  #last: Float64Array | undefined;

  constructor(count: number, size: number, states: States) {
    this.#states = states;
    this.#size = size;
    this.#flat = new Float64Array(count * size);
    this.#error = new Float64Array(size);
    this.#zero = new Float64Array(size);
  }

  begin(f0: Float64Array): void {
    this.#f0 = f0;
    this.#end = 0;
    this.#append(f0);
  }

  push(slope: Float64Array): void {
    this.#append(slope);
    this.#states.recycle(slope);
  }

  #append(slope: Float64Array): void {
    const flat = this.#flat;
    const end = this.#end;
    for (let i = 0; i < slope.length; i++) flat[end + i] = slope[i]!;
    this.#end = end + slope.length;
  }

  combine(base: Float64Array, span: StepSpan, row: Row, spare: Float64Array | undefined): Float64Array {
    const out = spare ?? this.#states.allocate();
    combineRow(out, base, span.h, row, this.#flat);
    return out;
  }

  norm(span: StepSpan, row: Row, a: Float64Array, b: Float64Array, test: ErrorTest<Float64Array>): number {
    combineRow(this.#error, this.#zero, span.h, row, this.#flat);
    return this.#states.norm(this.#error, a, b, test);
  }

  slopes(): Float64Array[] {
    if (this.#slopes === undefined) {
      this.#slopes = [this.#f0!];
      for (let at = this.#size; at < this.#end; at += this.#size) this.#slopes.push(this.#stateAt(at));
    }
    return this.#slopes;
  }

  last(): Float64Array {
    if (this.#slopes !== undefined) return this.#slopes[this.#slopes.length - 1]!;
    this.#last ??= this.#stateAt(this.#end - this.#size);
    return this.#last;
  }

  #stateAt(offset: number): Float64Array {
    const state = this.#states.allocate();
    for (let i = 0; i < state.length; i++) state[i] = this.#flat[offset + i]!;
    return state;
  }

  release(kept?: Float64Array): void {
    const slopes = this.#slopes;
    if (slopes !== undefined) for (let i = 1; i < slopes.length; i++) if (slopes[i] !== kept) this.#states.recycle(slopes[i]!);
    if (this.#last !== undefined && this.#last !== kept) this.#states.recycle(this.#last);
    this.#slopes = undefined;
    this.#last = undefined;
  }
}

/** `out = base + h Σ weights · slopes`, up to four elements at a time, whose sums stay in registers. */
function combineRow(out: Float64Array, base: Float64Array, h: number, { weights, stages }: Row, slopes: Float64Array): void {
  const size = out.length;
  const terms = weights.length;
  let i = 0;
  for (; size - i >= 4; i += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (let j = 0; j < terms; j++) {
      const weight = weights[j]!;
      const at = stages[j]! * size + i;
      a += weight * slopes[at]!;
      b += weight * slopes[at + 1]!;
      c += weight * slopes[at + 2]!;
      d += weight * slopes[at + 3]!;
    }
    out[i] = base[i]! + h * a;
    out[i + 1] = base[i + 1]! + h * b;
    out[i + 2] = base[i + 2]! + h * c;
    out[i + 3] = base[i + 3]! + h * d;
  }
  if (size - i === 3) {
    let a = 0;
    let b = 0;
    let c = 0;
    for (let j = 0; j < terms; j++) {
      const weight = weights[j]!;
      const at = stages[j]! * size + i;
      a += weight * slopes[at]!;
      b += weight * slopes[at + 1]!;
      c += weight * slopes[at + 2]!;
    }
    out[i] = base[i]! + h * a;
    out[i + 1] = base[i + 1]! + h * b;
    out[i + 2] = base[i + 2]! + h * c;
    return;
  }
  for (; i < size; i++) {
    let a = 0;
    for (let j = 0; j < terms; j++) a += weights[j]! * slopes[stages[j]! * size + i]!;
    out[i] = base[i]! + h * a;
  }
}
