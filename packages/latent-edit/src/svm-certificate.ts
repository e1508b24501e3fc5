import { dot, type Matrix, rowOf } from "./matrix.js";

/** A primal and a dual feasible point of the linear SVM, with the gap between their objectives: the optimum lies between them. */
export interface Certificate {
  readonly weights: Float64Array;
  readonly intercept: number;
  readonly alpha: Float64Array;
  readonly primal: number;
  readonly gap: number;
}

/**
 * Makes multipliers 0 ≤ α ≤ C dual feasible (the heavier class is scaled down until Σ αᵢyᵢ = 0), takes w = Σ αᵢyᵢxᵢ and the best intercept for
 * that w, and compares the primal objective there with the dual one.
 */
export function certify(rows: Matrix, signs: Int8Array, C: number, alpha: Float64Array): Certificate {
  let positive = 0;
  let negative = 0;
  alpha.forEach((a, i) => {
    if (signs[i]! > 0) positive += a;
    else negative += a;
  });
  const scale = (sign: number) => (sign > 0 ? Math.min(1, negative / positive) : Math.min(1, positive / negative));
  const feasible = positive === 0 || negative === 0 ? new Float64Array(alpha.length) : alpha.map((a, i) => a * scale(signs[i]!));
  const weights = new Float64Array(rows.columns);
  let sum = 0;
  feasible.forEach((a, i) => {
    if (a === 0) return;
    sum += a;
    addScaled(weights, a * signs[i]!, rows, i);
  });
  const scores = Float64Array.from({ length: rows.rows }, (_, i) => rowTimes(rows, i, weights));
  const intercept = bestIntercept(scores, signs);
  let hinge = 0;
  scores.forEach((score, i) => {
    hinge += Math.max(0, 1 - signs[i]! * (score + intercept));
  });
  const half = dot(weights, weights) / 2;
  const primal = half + C * hinge;
  return { weights, intercept, alpha: feasible, primal, gap: primal - (sum - half) };
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
  let [a, b, c, e] = [0, 0, 0, 0];
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
