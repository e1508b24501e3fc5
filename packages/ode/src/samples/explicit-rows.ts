import { add, mul, reshape, type Tensor } from "@tensorflow/tfjs-core";
import { linearCombination } from "../kernels/linear-combination.js";
import { rowCombination, rowWeights } from "../kernels/row-combination.js";
import type { ExplicitMethod } from "../methods/explicit/tableau.js";
import { evaluatePolynomials } from "../state/polynomials.js";
import { arrangeState, columnShape } from "./arrange.js";
import type { RowDynamics, RowSet } from "./row-dynamics.js";
import type { RowTimes } from "./row-times.js";
import type { RowOutput, SampleRow } from "./sample-row.js";

/** Steps of an explicit method, tried for several rows at once, each of its own length. */
export interface RowTrial {
  readonly y1: Tensor[];
  /** Of every stage. */
  readonly slopes: readonly Tensor[][];
  /** Where they were evaluated. */
  readonly states: readonly Tensor[][];
  readonly lengths: RowLengths;
}

/** Lengths of the rows' steps: numbers, and as a tensor [rows] where they move with times that were given as one. */
export interface RowLengths {
  readonly values: readonly number[];
  readonly moving: Tensor | undefined;
}

/** Tries the steps that the rows' spans say. */
export function tryRows(
  method: ExplicitMethod,
  dynamics: RowDynamics,
  set: RowSet,
  times: RowTimes,
  y: Tensor[],
  slope: Tensor[],
): RowTrial {
  const { nodes, fast, firstSameAsLast } = method;
  const lengths = lengthsOf(set.rows, times);
  const slopes = [slope];
  const states = [y];
  let stage = y;
  for (let i = 1; i < nodes.length; i++) {
    stage = combineRows(y, lengths, fast.coupling[i]!.all, slopes);
    states.push(stage);
    const at = set.rows.map((row) => row.stageTime(nodes[i]!));
    slopes.push(dynamics.evaluate(set, times.at(set.rows, at), stage));
  }
  const y1 = firstSameAsLast ? stage : combineRows(y, lengths, fast.weights.all, slopes);
  return { y1, slopes, states, lengths };
}

export const lengthsOf = (rows: readonly SampleRow[], times: RowTimes): RowLengths => ({
  values: rows.map(({ span }) => span.h),
  moving: times.lengths(rows),
});

/** `base + h Σ weights · slopes`, h of each row its own. */
export function combineRows(
  base: readonly Tensor[] | undefined,
  { values, moving }: RowLengths,
  weights: ArrayLike<number>,
  slopes: readonly Tensor[][],
): Tensor[] {
  const all = Array.from(weights);
  const own = moving === undefined ? rowWeights(all, values) : [];
  return slopes[0]!.map((_, m) => {
    const terms = slopes.map((slope) => slope[m]!);
    if (moving === undefined) return rowCombination(base?.[m], own, terms);
    const [change] = scaleRows([linearCombination(undefined, all, terms)], moving);
    return base === undefined ? change! : add(base[m]!, change!);
  });
}

/** Each row of a state times a number of its own. */
export const scaleRows = (state: readonly Tensor[], factors: Tensor): Tensor[] =>
  state.map((leaf) => mul(leaf, reshape(factors, columnShape(factors.size, leaf.rank))));

/** Dense output inside steps that were taken: y0 + h Σᵢ pᵢ(x) kᵢ. */
export class RowInterpolant {
  readonly #method: ExplicitMethod;
  readonly #set: RowSet;
  readonly #y: Tensor[];
  readonly #slopes: readonly Tensor[][];

  /** @param slopes all that `method.dense` combines */
  constructor(method: ExplicitMethod, set: RowSet, y: Tensor[], slopes: readonly Tensor[][]) {
    this.#method = method;
    this.#set = set;
    this.#y = y;
    this.#slopes = slopes;
  }

  /** States of some of its rows, an output each. */
  evaluate(positions: readonly number[], outputs: readonly RowOutput[], times: RowTimes): Tensor[] {
    const rows = positions.map((position) => this.#set.rows[position]!);
    const base = arrangeState(this.#y, positions);
    const slopes = this.#slopes.map((slope) => arrangeState(slope, positions));
    const { polynomials } = this.#method.dense;
    const lengths = lengthsOf(rows, times);
    if (lengths.moving !== undefined) return this.#moving(base, slopes, lengths, times.fractions(rows, outputs));
    const weights = rows.map(({ span }, i) => {
      const own = evaluatePolynomials(polynomials, (outputs[i]!.time - span.t0) / span.h);
      return Array.from(own, (weight) => weight * span.h);
    });
    return base.map((leaf, m) =>
      rowCombination(
        leaf,
        weights,
        slopes.map((slope) => slope[m]!),
      ),
    );
  }

  /** By Horner's rule in the tensor x, so that gradients of any order reach the times. */
  #moving(base: Tensor[], slopes: readonly Tensor[][], lengths: RowLengths, x: Tensor): Tensor[] {
    const { polynomials } = this.#method.dense;
    let sum: Tensor[] | undefined;
    for (let j = Math.max(...polynomials.map((row) => row.length)) - 1; j >= 0; j--) {
      const column = polynomials.map((row) => row[j] ?? 0);
      const coefficients = combineRows(undefined, lengths, column, slopes);
      const before = sum;
      sum = scaleRows(before === undefined ? coefficients : coefficients.map((leaf, m) => add(leaf, before[m]!)), x);
    }
    return base.map((leaf, m) => add(leaf, sum![m]!));
  }
}
