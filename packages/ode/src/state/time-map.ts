import { add, clone, div, mul, neg, type Scalar, scalar, sub } from "@tensorflow/tfjs-core";
import type { StepSpan } from "./state-space.js";
import { offTape } from "./tape.js";

/** A time that the map holds fixed in value; a shift, 0 in value, where gradients should reach it. */
interface Knot {
  readonly value: number;
  readonly shift: Scalar | undefined;
}

/**
 * Times as tensors. Steps are chosen as numbers; this map says how each of them moves with the times the user gave: between two knots
 * every time is their fixed convex combination, so that nodes stay in proportion when an end moves. Times with a discontinuity are
 * knots that do not move. Values are computed in float64 and tensors only carry how they move: a difference of two float32 times would
 * lose the digits that a step far from 0 needs.
 */
export class TimeMap {
  readonly #knots: readonly Knot[];
  readonly #outputs: ReadonlyMap<number, Scalar>;

  /**
   * @param times t as numbers, monotonic
   * @param tensors one scalar for each of `times`
   * @param moving indices of `times` that nodes move with: both ends, or all when the grid of steps is `times` itself
   * @param fixed times that never move
   */
  constructor(times: ArrayLike<number>, tensors: readonly Scalar[], moving: readonly number[], fixed: readonly number[]) {
    const shifts = tensors.map(shiftOf);
    const knots: Knot[] = moving.map((i) => ({ value: times[i]!, shift: shifts[i] }));
    const [low, high] = [Math.min(times[0]!, times[times.length - 1]!), Math.max(times[0]!, times[times.length - 1]!)];
    for (const value of fixed) {
      if (value > low && value < high && !knots.some((knot) => knot.value === value)) knots.push({ value, shift: undefined });
    }
    this.#knots = knots.sort((a, b) => a.value - b.value);
    this.#outputs = new Map(shifts.map((shift, i) => [times[i]!, shift]));
  }

  /** A time of the solver's own (a node or a stage) as a scalar tensor. */
  at(t: number): Scalar {
    const shift = this.#shift(t);
    return shift === undefined ? scalar(t) : add(shift, t);
  }

  /** Whether t is an output time that moves otherwise than a node at the same place. */
  outputMoves(t: number): boolean {
    return this.#outputs.has(t) && !this.#knots.some((knot) => knot.value === t && knot.shift !== undefined);
  }

  /** The length of a step as a scalar tensor. */
  length({ t0, t1, h }: StepSpan): Scalar {
    const { low, high } = this.#bracket((t0 + t1) / 2);
    const share = h / (high.value - low.value);
    const shift = sum([weighted(high.shift, share), weighted(low.shift, -share)]);
    return shift === undefined ? scalar(h) : add(shift, h);
  }

  /** (t − t0)/h as a scalar tensor, for an output time t within a step. */
  fraction(t: number, span: StepSpan): Scalar {
    const start = this.#shift(span.t0);
    const shift = sum([this.#outputs.get(t) ?? this.#shift(t), start && (neg(start) as Scalar)]);
    const elapsed = t - span.t0;
    return div(shift === undefined ? scalar(elapsed) : add(shift, elapsed), this.length(span));
  }

  /** How far a time moves with the times the user gave. */
  #shift(t: number): Scalar | undefined {
    const { low, high } = this.#bracket(t);
    const share = (t - low.value) / (high.value - low.value);
    return sum([weighted(low.shift, 1 - share), weighted(high.shift, share)]);
  }

  /** The two knots around t; the outermost two beyond the ends. */
  #bracket(t: number): { low: Knot; high: Knot } {
    let i = 1;
    while (i < this.#knots.length - 1 && t > this.#knots[i]!.value) i++;
    return { low: this.#knots[i - 1]!, high: this.#knots[i]! };
  }
}

/** A tensor that is 0 and moves as `time` does. */
function shiftOf(time: Scalar): Scalar {
  const value = offTape(() => clone(time));
  return sub(time, value);
}

const weighted = (shift: Scalar | undefined, weight: number): Scalar | undefined =>
  shift === undefined ? undefined : mul(shift, weight);

function sum(terms: readonly (Scalar | undefined)[]): Scalar | undefined {
  return terms
    .filter((term) => term !== undefined)
    .reduce<Scalar | undefined>((a, b) => (a === undefined ? b : add(a, b)), undefined);
}
