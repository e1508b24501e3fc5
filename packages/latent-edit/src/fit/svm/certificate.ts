import type { Matrix } from "@latentflow/core";
import { dot, rowOf } from "../../linear-algebra/rows.js";

/** A primal and a dual feasible point of the linear SVM, with the gap between their objectives: the optimum lies between them. */
export interface Certificate {
  readonly weights: Float64Array;
  readonly intercept: number;
  readonly alpha: Float64Array;
  readonly primal: number;
  readonly gap: number;
}

/**
 * Makes multipliers 0 ≤ α ≤ C dual feasible (the heavier class is scaled down until Σ αᵢyᵢ = 0) and compares the dual objective there with the
 * primal one at the better of two normals, each with its best intercept: w = Σ αᵢyᵢxᵢ, and another, which rounding of α does not reach.
 */
export function certify(rows: Matrix, signs: Int8Array, C: number, alpha: Float64Array, other: Float64Array): Certificate {
  let positive = 0;
  let negative = 0;
  alpha.forEach((a, i) => {
    if (signs[i]! > 0) positive += a;
    else negative += a;
  });
  const scale = (sign: number) => (sign > 0 ? Math.min(1, negative / positive) : Math.min(1, positive / negative));
  const feasible = positive === 0 || negative === 0 ? new Float64Array(alpha.length) : alpha.map((a, i) => a * scale(signs[i]!));
  const combined = new Float64Array(rows.columns);
  feasible.forEach((a, i) => {
    if (a !== 0) addScaled(combined, a * signs[i]!, rows, i);
  });
  const planes = [combined, other].flatMap((weights) => planesAlong(rows, signs, C, weights));
  const best = planes.reduce((a, b) => (b.primal < a.primal ? b : a));
  return {
    weights: best.weights,
    intercept: best.intercept,
    primal: best.primal,
    alpha: feasible,
    gap: gapOf(C, best, feasible, combined),
  };
}

/** A normal with an intercept, what every margin falls short of 1 there, and the primal objective ½‖w‖² + C Σ max(0, 1 − y(w·x + b)). */
interface Plane {
  readonly weights: Float64Array;
  readonly intercept: number;
  readonly short: Float64Array;
  readonly primal: number;
}

/** Margins that fall short of 1 by less than this do so by rounding. */
const ROUNDING = 1e-9;

/** The plane of a normal with its best intercept; and where only rounding keeps it from having all margins, which a large C makes dear, one that has. */
function planesAlong(rows: Matrix, signs: Int8Array, C: number, weights: Float64Array): Plane[] {
  const scores = Float64Array.from({ length: rows.rows }, (_, i) => rowTimes(rows, i, weights));
  const intercept = bestIntercept(scores, signs);
  const planeOf = (factor: number): Plane => {
    const short = scores.map((score, i) => 1 - factor * signs[i]! * (score + intercept));
    const hinge = short.reduce((sum, x) => sum + Math.max(0, x), 0);
    const longer = factor === 1 ? weights : weights.map((w) => w * factor);
    return { weights: longer, intercept: intercept * factor, short, primal: dot(longer, longer) / 2 + C * hinge };
  };
  const plane = planeOf(1);
  const worst = plane.short.reduce((a, b) => Math.max(a, b), 0);
  return worst > 0 && worst < ROUNDING ? [plane, planeOf(1 + 2 * worst + 4 * Number.EPSILON)] : [plane];
}

/**
 * Primal minus dual objective, as ½‖w − Σ αyx‖² plus each row's (C − α) times what its margin falls short of 1, or α times its surplus: terms
 * that are all positive, where the difference of the objectives would cancel.
 */
function gapOf(C: number, { weights, short }: Plane, alpha: Float64Array, combined: Float64Array): number {
  let gap = 0;
  for (let k = 0; k < weights.length; k++) gap += (weights[k]! - combined[k]!) ** 2 / 2;
  for (let i = 0; i < alpha.length; i++) gap += (short[i]! > 0 ? C - alpha[i]! : -alpha[i]!) * short[i]!;
  return gap;
}

/**
 * The b that minimises Σ max(0, 1 − yᵢ(sᵢ + b)): convex and piecewise linear with kinks at yᵢ − sᵢ. Far left its slope is −(number of positive
 * rows) and each kink adds 1, so the minimum lies at the kink of that rank, flat up to the next.
 */
function bestIntercept(scores: Float64Array, signs: Int8Array): number {
  const kinks = scores.map((score, i) => signs[i]! - score).sort();
  const positives = signs.filter((sign) => sign > 0).length;
  return (kinks[positives - 1]! + kinks[positives]!) / 2;
}

/** Row i times a vector; four sums at once keep the processor's pipelines full. */
export function rowTimes(rows: Matrix, i: number, vector: Float64Array): number {
  const { data, columns } = rows;
  const start = i * columns;
  let a = 0;
  let b = 0;
  let c = 0;
  let e = 0;
  let k = 0;
  for (; k + 3 < columns; k += 4) {
    a += data[start + k]! * vector[k]!;
    b += data[start + k + 1]! * vector[k + 1]!;
    c += data[start + k + 2]! * vector[k + 2]!;
    e += data[start + k + 3]! * vector[k + 3]!;
  }
  for (; k < columns; k++) a += data[start + k]! * vector[k]!;
  return a + b + c + e;
}

/** vector += factor · row i. */
export function addScaled(vector: Float64Array, factor: number, rows: Matrix, i: number): void {
  const row = rowOf(rows, i);
  for (let k = 0; k < row.length; k++) vector[k]! += factor * row[k]!;
}
