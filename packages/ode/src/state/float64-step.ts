import type { StepTrial } from "../methods/explicit/step.js";
import type { ExplicitMethod, SparseRow } from "../methods/explicit/tableau.js";
import type { Attempt } from "./state-space.js";

/** What is used of the space whose states a step is made of. */
interface States {
  readonly allocate: () => Float64Array;
  readonly recycle: (state: Float64Array) => void;
  /** The error norm of the space. */
  readonly norm: (error: Float64Array, trial: StepTrial<Float64Array>, y1: Float64Array) => number;
}

/**
 * Steps of one method on states of one length. Does what `explicitStep` does, to the same numbers, but keeps all slopes in one array: on the
 * short states that numbers are used for, fetching them from many arrays would cost more than most right-hand sides.
 */
export class Float64Stepper {
  readonly #method: ExplicitMethod;
  readonly #states: States;
  readonly #size: number;
  readonly #stages: Float64Array;
  readonly #error: Float64Array;
  readonly #zero: Float64Array;

  constructor(method: ExplicitMethod, size: number, states: States) {
    this.#method = method;
    this.#states = states;
    this.#size = size;
    this.#stages = new Float64Array(method.nodes.length * size);
    this.#error = new Float64Array(size);
    this.#zero = new Float64Array(size);
  }

  attempt(trial: StepTrial<Float64Array>): Attempt<Float64Array> {
    const { f, span, endTime, y0, f0, tolerances } = trial;
    const { nodes, firstSameAsLast } = this.#method;
    const { coupling, weights, errorWeights } = this.#method.fast.sparse;
    const size = this.#size;
    const stages = this.#stages;
    for (let i = 0; i < size; i++) stages[i] = f0[i]!;
    const stage = this.#states.allocate();
    for (let j = 1; j < nodes.length; j++) {
      combineRow(stage, y0, span.h, coupling[j]!, stages);
      const node = nodes[j]!;
      const slope = f(node === 1 ? endTime : span.t0 + node * span.h, stage);
      const offset = j * size;
      for (let i = 0; i < size; i++) stages[offset + i] = slope[i]!;
      this.#states.recycle(slope);
    }
    // Where the method's last stage is y1, it is in place.
    if (!firstSameAsLast) combineRow(stage, y0, span.h, weights, stages);
    let ratio = 0;
    if (tolerances !== undefined) {
      combineRow(this.#error, this.#zero, span.h, errorWeights!, stages);
      ratio = this.#states.norm(this.#error, trial, stage);
    }
    return new Float64Attempt(stage, ratio, f0, this.#states, stages);
  }
}

/** Its slopes are states only once somebody asks for them. Ask before the next attempt. */
class Float64Attempt implements Attempt<Float64Array> {
  readonly y1: Float64Array;
  readonly ratio: number;
  readonly #f0: Float64Array;
  readonly #states: States;
  readonly #stages: Float64Array;
  #slopes: Float64Array[] | undefined;

  constructor(y1: Float64Array, ratio: number, f0: Float64Array, states: States, stages: Float64Array) {
    this.y1 = y1;
    this.ratio = ratio;
    this.#f0 = f0;
    this.#states = states;
    this.#stages = stages;
  }

  get slopes(): Float64Array[] {
    if (this.#slopes !== undefined) return this.#slopes;
    const size = this.y1.length;
    const slopes = [this.#f0];
    for (let offset = size; offset < this.#stages.length; offset += size) {
      const slope = this.#states.allocate();
      for (let i = 0; i < size; i++) slope[i] = this.#stages[offset + i]!;
      slopes.push(slope);
    }
    this.#slopes = slopes;
    return slopes;
  }

  release(kept?: Float64Array): void {
    const slopes = this.#slopes;
    if (slopes === undefined) return;
    for (let i = 1; i < slopes.length; i++) if (slopes[i] !== kept) this.#states.recycle(slopes[i]!);
  }
}

/** `out = base + h Σ weights · slopes`, up to four elements at a time, whose sums stay in registers. */
function combineRow(
  out: Float64Array,
  base: Float64Array,
  h: number,
  { weights, stages }: SparseRow,
  slopes: Float64Array,
): void {
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
