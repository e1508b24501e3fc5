import { add, div, maximum, mul, reshape, sqrt, square, sum, type Tensor, tidy, tile, zerosLike } from "@tensorflow/tfjs-core";
import { packTensors } from "../gradients/packing.js";
import { chirp, NOISE, TINY } from "../gradients/sensitivity.js";
import { offTape, pullBack } from "../state/tape.js";
import type { Statistics } from "../status.js";
import { arrangeState, choose } from "./arrange.js";
import { scaleRows } from "./explicit-rows.js";
import { type RowDynamics, type RowSet, timesTensor } from "./row-dynamics.js";

/** The longest step of each row that a gradient can go through, as `sensitivityLimit` finds it for a whole state. */
export class RowLimit {
  readonly #dynamics: RowDynamics;
  readonly #statistics: Statistics;

  constructor(dynamics: RowDynamics, statistics: Statistics) {
    this.#dynamics = dynamics;
    this.#statistics = statistics;
  }

  /** Directions that the rows start with: the same for each. */
  start(y: readonly Tensor[]): Tensor[] {
    return chirpOf(y).map((leaf, m) => tile(leaf, [y[m]!.shape[0]!, ...leaf.shape.slice(1).map(() => 1)]));
  }

  /**
   * Asks the rows at these positions.
   *
   * @param times of these rows
   * @param y their states
   * @param directions of all rows of the set
   * @returns the longest step of each, and the directions as they are now
   */
  look(
    set: RowSet,
    positions: readonly number[],
    times: readonly number[],
    y: Tensor[],
    directions: Tensor[],
  ): { longest: number[]; directions: Tensor[] } {
    const longest = new Array<number>(positions.length);
    let asking = positions.map((position, i) => {
      const { watch, policy } = set.rows[position]!;
      return { i, position, looking: watch!.longestStep(policy.wanted!) };
    });
    const resume = (estimates?: ArrayLike<number>) => {
      asking = asking.filter(({ i, looking }, k) => {
        const next = estimates === undefined ? looking.next() : looking.next(estimates[k]! as never);
        if (next.done) longest[i] = next.value;
        return !next.done;
      });
    };
    resume();
    let now = directions;
    while (asking.length > 0) {
      const places = asking.map(({ position }) => position);
      const some = this.#dynamics.narrow(set, places);
      const own = arrangeState(
        y,
        asking.map(({ i }) => i),
      );
      const at = timesTensor(asking.map(({ i }) => times[i]!));
      const { next, growths } = this.#estimate(some, at, own, arrangeState(now, places));
      const changed = new Map(places.map((position, k) => [position, k]));
      now = choose(
        [now, next],
        set.rows.map((_, p) => (changed.has(p) ? ([1, changed.get(p)!] as const) : ([0, p] as const))),
      );
      resume(growths);
    }
    return { longest, directions: now };
  }

  /** Two iterations of each row with the transposed Jacobian: their directions, and the mean growth of each. */
  #estimate(set: RowSet, times: Tensor, y: Tensor[], v: Tensor[]): { next: Tensor[]; growths: ArrayLike<number> } {
    this.#statistics.nfeBackward += 2;
    for (const row of set.rows) row.statistics.nfeBackward += 2;
    let growths: ArrayLike<number> = [];
    const next = offTape(() =>
      tidy(() => {
        const noise = chirpOf(y);
        const once = this.#iterate(set, times, y, v);
        const twice = this.#iterate(set, times, y, once.image);
        growths = sqrt(mul(once.growth, twice.growth)).dataSync();
        return twice.image.map((leaf, m) => add(leaf, mul(noise[m]!, NOISE)));
      }),
    );
    return { next, growths };
  }

  #iterate(set: RowSet, times: Tensor, y: Tensor[], v: Tensor[]): { image: Tensor[]; growth: Tensor } {
    const f = () => packTensors(this.#dynamics.quietly(set, times, y));
    const { gradients } = pullBack(f, y, packTensors(v));
    const image = y.map((leaf, m) => gradients[m] ?? zerosLike(leaf));
    const length = lengthsOf(image);
    const inverse = div(1, maximum(length, TINY));
    return { image: scaleRows(image, inverse), growth: div(length, maximum(lengthsOf(v), TINY)) };
  }
}

/** One row that has a part of every mode. */
const chirpOf = (y: readonly Tensor[]): Tensor[] =>
  chirp(y.map(({ shape, size }) => ({ shape: [1, ...shape.slice(1)], size: size / shape[0]! }) as Tensor));

/** The length of each row. */
const lengthsOf = (state: readonly Tensor[]): Tensor =>
  sqrt(state.map((leaf) => sum(reshape(square(leaf), [leaf.shape[0]!, -1]), 1)).reduce((total, term) => add(total, term)));
