import type { Tensor } from "@tensorflow/tfjs-core";
import { DenseLu } from "../linear-algebra/dense-lu.js";
import type { DiagonalTableau } from "../methods/implicit/diagonal-tableau.js";
import { kvaerno3 } from "../methods/implicit/kvaerno3.js";
import { kvaerno5 } from "../methods/implicit/kvaerno5.js";
import { sdirk2 } from "../methods/implicit/sdirk2.js";
import type { TensorLinearizer } from "../state/tensor-linearizer.js";
import type { LongestStep } from "../stepping/problem.js";
import type { Tolerances } from "../types.js";

/** A step may change a direction by this many rtol of its length otherwise than the solution does; no finer than float32 states are. */
const SHARE_OF_RTOL = 10;
const FINEST = 1e-5;
/** What has decayed to this share of its largest length is not followed more closely. */
const DECAYED = 0.01;
/** Steps are shortened to no less than this share of what is wanted. */
const LEAST_SHARE = 1e-4;
const GOLDEN = (1 + Math.sqrt(5)) / 2;

/** A node of the solve with the direction that arrived there. */
interface Arrival {
  readonly t: number;
  readonly jacobian: Float32Array;
  readonly direction: Float64Array;
}

/**
 * How long a step of an implicit method may be if a gradient is to go through it. The error test sees only the state: where that rests, it passes any step,
 * and a slow mode that the state does not show would be damped away. So a direction is taken along, v′ = J v with the Jacobian of each step's start, and a
 * step that moves it otherwise than two of half its length is too long. Fast modes do not hold steps back for long: they decay in the direction as they do in
 * the solution. Costs a Jacobian a step. The direction is moved by a method of the same order, whatever the solve's is.
 *
 * @param order of the method
 * @param way of the times: 1 upward
 */
export function implicitSensitivityLimit(
  linearizer: TensorLinearizer,
  order: number,
  way: 1 | -1,
  { tolerances, minStep }: { readonly tolerances: Tolerances; readonly minStep: number },
): LongestStep<Tensor[]> {
  const tableau = order >= 5 ? kvaerno5 : order >= 3 ? kvaerno3 : sdirk2;
  const { count, size } = linearizer.layout;
  const limit = SHARE_OF_RTOL * Math.max(tolerances.rtol, FINEST);
  const mover = new DirectionMover(tableau, count, size);
  /** Of accepted steps, and the one that was tried last. */
  const arrivals: Arrival[] = [];
  const largest = new Float64Array(count);

  return function* longestStep(t, y, wanted) {
    const jacobian = linearizer.jacobianAt({ t, y });
    // A step that was rejected is over: this one ends before it.
    while (arrivals.length > 1 && (arrivals.at(-1)!.t - t) * way >= 0) arrivals.pop();
    const before = arrivals.at(-1);
    const direction =
      before === undefined
        ? Float64Array.from({ length: count * size }, (_, i) => Math.cos(Math.PI * GOLDEN * i ** 2))
        : mover.move(before.jacobian, before.direction, t - before.t);
    arrivals.splice(0, Math.max(0, arrivals.length - 1));
    arrivals.push({ t, jacobian, direction });
    const lengths = lengthsOf(direction, count, size);
    for (let i = 0; i < count; i++) largest[i] = Math.max(largest[i]!, lengths[i]!);

    let h = wanted;
    while (h > LEAST_SHARE * wanted) {
      const whole = mover.move(jacobian, direction, way * h);
      const halves = mover.move(jacobian, mover.move(jacobian, direction, (way * h) / 2), (way * h) / 2);
      for (let i = 0; i < whole.length; i++) whole[i]! -= halves[i]!;
      const missed = lengthsOf(whole, count, size);
      let worst = 0;
      for (let i = 0; i < count; i++)
        worst = Math.max(worst, missed[i]! / (limit * Math.max(lengths[i]!, DECAYED * largest[i]!)));
      if (!(worst > 1)) break;
      h *= Math.max(0.1, 0.9 * worst ** (-1 / (tableau.order + 1)));
    }
    return h === wanted ? Number.POSITIVE_INFINITY : Math.max(minStep, h);
  };
}

/** Steps of v′ = J v for n systems, with constant J. */
class DirectionMover {
  readonly #tableau: DiagonalTableau;
  readonly #count: number;
  readonly #size: number;
  readonly #lu: DenseLu;

  constructor(tableau: DiagonalTableau, count: number, size: number) {
    this.#tableau = tableau;
    this.#count = count;
    this.#size = size;
    this.#lu = new DenseLu(size);
  }

  move(jacobians: Float32Array, v: Float64Array, h: number): Float64Array {
    const size = this.#size;
    const result = Float64Array.from(v);
    for (let system = 0; system < this.#count; system++) {
      const jacobian = jacobians.subarray(system * size * size, (system + 1) * size * size);
      this.#moveOne(jacobian, result.subarray(system * size, (system + 1) * size), h);
    }
    return result;
  }

  #moveOne(jacobian: Float32Array, v: Float64Array, h: number): void {
    const { coupling, weights } = this.#tableau;
    const size = this.#size;
    const gamma = coupling.at(-1)!.at(-1)!;
    const lu = this.#lu;
    for (let i = 0; i < size * size; i++) lu.values[i] = -h * gamma * jacobian[i]!;
    for (let i = 0; i < size; i++) lu.values[i * (size + 1)]! += 1;
    if (!lu.factor()) {
      v.fill(Number.NaN);
      return;
    }
    const slopes: Float64Array[] = [];
    for (const row of coupling) {
      const stage = Float64Array.from(v);
      slopes.forEach((slope, j) => {
        for (let i = 0; i < size; i++) stage[i]! += h * row[j]! * slope[i]!;
      });
      const slope = new Float64Array(size);
      for (let i = 0; i < size; i++) for (let j = 0; j < size; j++) slope[i]! += jacobian[i * size + j]! * stage[j]!;
      if (slopes.length > 0) lu.solve(slope);
      slopes.push(slope);
    }
    slopes.forEach((slope, j) => {
      for (let i = 0; i < size; i++) v[i]! += h * weights[j]! * slope[i]!;
    });
  }
}

function lengthsOf(v: Float64Array, count: number, size: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => Math.hypot(...v.subarray(i * size, (i + 1) * size)));
}
