import { norm } from "@latentflow/core/linear-algebra";
import { MetricsError } from "../errors.js";
import { checkArray, checkInteger } from "../input/checks.js";
import { type MatrixLike, toMatrix } from "../input/matrix.js";
import { pearson } from "../statistics/correlation.js";

/**
 * How attributes go together over samples: Pearson's correlation of every pair of score columns (InterFaceGAN's attribute correlation).
 *
 * @param scores [samples, attributes]
 * @returns [attributes, attributes], as rows
 */
export function attributeCorrelation(scores: MatrixLike): Float64Array[] {
  const { data, rows, columns } = toMatrix("attributeCorrelation", "scores", scores);
  const column = Array.from({ length: columns }, (_, j) => Float64Array.from({ length: rows }, (_, i) => data[i * columns + j]!));
  return column.map((a) => Float64Array.from(column, (b) => pearson(a, b)));
}

/**
 * Cramér's V of every pair of attributes' predicted classes, in [0, 1]: the correlation to use when classes have no order. No bias correction.
 *
 * @param labels [samples, attributes], integers of any element type
 * @param classes number of classes of each attribute
 */
export function labelAssociation(labels: MatrixLike, classes: readonly number[]): Float64Array[] {
  const { data, rows, columns } = toMatrix("labelAssociation", "labels", labels);
  checkArray("labelAssociation", "classes", classes);
  if (classes.length !== columns) {
    throw new MetricsError(`labelAssociation: expected ${columns} class counts, got ${classes.length}.`);
  }
  classes.forEach((count, j) => {
    checkInteger("labelAssociation", `class count ${j}`, count, 1);
  });
  const labelsOf = (attribute: number) => {
    const what = `label of attribute ${attribute}`;
    return Array.from({ length: rows }, (_, i) =>
      checkInteger("labelAssociation", what, data[i * columns + attribute]!, 0, classes[attribute]! - 1),
    );
  };
  const all = classes.map((_, j) => labelsOf(j));
  return all.map((a, i) => Float64Array.from(all, (b, j) => cramersV(a, b, classes[i]!, classes[j]!)));
}

/** √(χ²/n / (min(used rows, used columns) − 1)); NaN when one side has a single class. */
function cramersV(a: readonly number[], b: readonly number[], classesA: number, classesB: number): number {
  const table = new Float64Array(classesA * classesB);
  const rowSums = new Float64Array(classesA);
  const columnSums = new Float64Array(classesB);
  a.forEach((label, i) => {
    table[label * classesB + b[i]!]!++;
    rowSums[label]!++;
    columnSums[b[i]!]!++;
  });
  let chiSquare = 0;
  for (let i = 0; i < classesA; i++) {
    for (let j = 0; j < classesB; j++) {
      const expected = (rowSums[i]! * columnSums[j]!) / a.length;
      if (expected > 0) chiSquare += (table[i * classesB + j]! - expected) ** 2 / expected;
    }
  }
  const used = (sums: Float64Array) => sums.filter((x) => x > 0).length;
  return Math.sqrt(chiSquare / a.length / (Math.min(used(rowSums), used(columnSums)) - 1));
}

/** Cosine of every pair of directions, [directions, dimension] → rows of [directions]. NaN with a direction that is 0. */
export function directionCosines(directions: MatrixLike): Float64Array[] {
  const { data, rows, columns } = toMatrix("directionCosines", "directions", directions);
  const units = Array.from({ length: rows }, (_, i) => unit(data.subarray(i * columns, (i + 1) * columns)));
  return units.map((a) => Float64Array.from(units, (b) => a.reduce((sum, x, i) => sum + x * b[i]!, 0)));
}

/** Scaled to length 1: divided by the largest entry first, whose inverse and square may lie outside float64. */
function unit(vector: Float64Array): Float64Array {
  const scale = vector.reduce((largest, x) => Math.max(largest, Math.abs(x)), 0);
  const scaled = vector.map((x) => x / scale);
  const length = norm(scaled);
  return scaled.map((x) => x / length);
}
