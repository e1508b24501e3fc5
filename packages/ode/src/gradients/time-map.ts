import { add, div, mul, type Scalar, scalar, sub } from "@tensorflow/tfjs-core";
import type { StepSpan } from "../state/state-space.js";

/** A time that the map holds fixed in value: a tensor where gradients should reach it, else only a number. */
interface Knot {
  readonly value: number;
  readonly tensor: Scalar | undefined;
}

/**
 * Times as tensors. Steps are chosen as numbers; this map says how each of them moves with the times the user gave: between two knots
 * every time is their fixed convex combination, so that nodes stay in proportion when an end moves. Times with a discontinuity are
 * knots that do not move.
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
    const knots: Knot[] = moving.map((i) => ({ value: times[i]!, tensor: tensors[i] }));
    const [low, high] = [Math.min(times[0]!, times[times.length - 1]!), Math.max(times[0]!, times[times.length - 1]!)];
    for (const value of fixed) {
      if (value > low && value < high && !knots.some((knot) => knot.value === value)) knots.push({ value, tensor: undefined });
    }
    this.#knots = knots.sort((a, b) => a.value - b.value);
    this.#outputs = new Map(tensors.map((tensor, i) => [times[i]!, tensor]));
  }

  /** A time of the solver's own (a node or a stage) as a scalar tensor. */
  at(t: number): Scalar {
    const { low, high } = this.#bracket(t);
    if (low.tensor === undefined && high.tensor === undefined) return scalar(t);
    const share = (t - low.value) / (high.value - low.value);
    return add(weighted(low, 1 - share), weighted(high, share));
  }

  /** Whether t is an output time that moves otherwise than a node at the same place. */
  outputMoves(t: number): boolean {
    return this.#outputs.has(t) && !this.#knots.some((knot) => knot.value === t && knot.tensor !== undefined);
  }

  /** The length of a step as a scalar tensor. */
  length({ t0, t1, h }: StepSpan): Scalar {
    const { low, high } = this.#bracket((t0 + t1) / 2);
    if (low.tensor === undefined && high.tensor === undefined) return scalar(h);
    // Not at(t1) − at(t0): in single precision that difference would lose the digits that a small step needs.
    return mul(sub(weighted(high, 1), weighted(low, 1)), h / (high.value - low.value));
  }

  /** (t − t0)/h as a scalar tensor, for an output time t within a step. */
  fraction(t: number, span: StepSpan): Scalar {
    return div(sub(this.#outputs.get(t) ?? this.at(t), this.at(span.t0)), this.length(span));
  }

  /** The two knots around t; the outermost two beyond the ends. */
  #bracket(t: number): { low: Knot; high: Knot } {
    let i = 1;
    while (i < this.#knots.length - 1 && t > this.#knots[i]!.value) i++;
    return { low: this.#knots[i - 1]!, high: this.#knots[i]! };
  }
}

const weighted = ({ value, tensor }: Knot, weight: number): Scalar =>
  tensor === undefined ? scalar(value * weight) : mul(tensor, weight);
