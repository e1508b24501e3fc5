import { MetricsError } from "../errors.js";
import { type Matrix, type MatrixLike, toMatrix } from "../input/matrix.js";
import { orthogonalizeColumns } from "../linear-algebra/jacobi.js";
import { dot, thinQr } from "../linear-algebra/thin-qr.js";

/** How far two clouds of points are apart, each taken for a Gaussian. */
export interface FrechetDistance {
  /** ‖μa − μb‖² + tr(Ca + Cb − 2 (Ca Cb)^½), the square of the distance, as usual; 0 or more. */
  readonly distance: number;
  /**
   * What each row of a adds to it, to first order, with mean 0: with weights p_i in place of 1/n, the distance is about distance + Σ p_i · influence_i.
   * What bootstraps are made of: resampled rows themselves would lie further apart than the rows do, as fewer of them differ.
   */
  readonly influenceA: Float64Array;
  readonly influenceB: Float64Array;
}

/**
 * Fréchet distance between the Gaussians of two sets of features (Dowson and Landau, 1982; "FID" where the features are Inception's), with
 * covariances over n − 1. From few rows it comes out too large, the more so the more features there are: compare distances of equal numbers of rows.
 *
 * In float64 without a matrix square root: tr (Ca Cb)^½ is the sum of the singular values of A Bᵀ, where the rows of A and B are the centred points
 * over √(n − 1). So nothing is lost where covariances are singular, as they are for fewer rows than features.
 *
 * @param a [n, features], 2 rows or more
 * @param b [m, features]
 * @throws MetricsError for what is no such matrix, or two with other numbers of features
 */
export function frechetDistance(a: MatrixLike, b: MatrixLike): FrechetDistance {
  const [left, right] = [pointsOf("a", a), pointsOf("b", b)];
  if (left.features !== right.features) {
    throw new MetricsError(
      `frechetDistance: expected as many features in a as in b, got ${left.features} and ${right.features}. Take both from one network.`,
    );
  }
  const shift = left.mean.map((x, j) => x - right.mean[j]!);
  const { sum, sharesA, sharesB } = commonSpread(left, right);
  const distance = dot(shift, shift) + left.variance + right.variance - 2 * sum;
  return {
    distance: Math.max(0, distance),
    influenceA: influences(left, shift, 1, sharesA),
    influenceB: influences(right, shift, -1, sharesB),
  };
}

/** Points around their mean, over √(n − 1). */
interface Points {
  readonly rows: number;
  readonly features: number;
  readonly mean: Float64Array;
  /** [rows, features] */
  readonly centred: Float64Array;
  /** Trace of the covariance. */
  readonly variance: number;
}

function pointsOf(name: string, input: MatrixLike): Points {
  const { data, rows, columns }: Matrix = toMatrix("frechetDistance", name, input);
  if (rows < 2) throw new MetricsError(`frechetDistance: expected 2 rows or more in ${name}, got 1: one point has no spread.`);
  const mean = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) mean[i % columns]! += data[i]! / rows;
  const scale = 1 / Math.sqrt(rows - 1);
  const centred = data.map((x, i) => (x - mean[i % columns]!) * scale);
  return { rows, features: columns, mean, centred, variance: dot(centred, centred) };
}

/** A Bᵀ = U S Vᵀ: the sum of S, and the diagonals of U S Uᵀ and V S Vᵀ, by which each row of A and of B takes part in it. */
function commonSpread(a: Points, b: Points): { sum: number; sharesA: Float64Array; sharesB: Float64Array } {
  const [left, right] = [condensed(a), condensed(b)];
  // The columns of M = Ra Rbᵀ, one after the other: A Bᵀ = Qa M Qbᵀ.
  const product = productOf(right, left, a.features);
  const turned = Float64Array.from(product);
  orthogonalizeColumns(turned, left.count);
  let sum = 0;
  const sharesA = new Float64Array(a.rows);
  const sharesB = new Float64Array(b.rows);
  for (let k = 0; k < right.count; k++) {
    const column = turned.subarray(k * left.count, (k + 1) * left.count);
    const value = Math.sqrt(dot(column, column));
    sum += value;
    if (value === 0) continue;
    addSquares(sharesA, left, column, value);
    // Mᵀ u = s v
    const other = Float64Array.from({ length: right.count }, (_, j) => {
      return dot(product.subarray(j * left.count, (j + 1) * left.count), column) / value;
    });
    addSquares(sharesB, right, other, value);
  }
  return { sum, sharesA, sharesB };
}

/** Points as Q R with as few rows in R as they have dimensions: [count, features]; Q is null where it is the identity. */
interface Condensed {
  readonly count: number;
  readonly factor: Float64Array;
  /** [count, rows] */
  readonly basis: Float64Array | null;
}

function condensed({ centred, rows, features }: Points): Condensed {
  if (rows <= features) return { count: rows, factor: centred, basis: null };
  const transposed = new Float64Array(centred.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < features; j++) transposed[j * rows + i] = centred[i * features + j]!;
  return { count: features, ...thinQr(transposed, rows, features) };
}

/** a bᵀ, [a.count, b.count]. */
function productOf(a: Condensed, b: Condensed, features: number): Float64Array {
  const rowOf = (matrix: Float64Array, i: number) => matrix.subarray(i * features, (i + 1) * features);
  const product = new Float64Array(a.count * b.count);
  for (let i = 0; i < a.count; i++)
    for (let j = 0; j < b.count; j++) product[i * b.count + j] = dot(rowOf(a.factor, i), rowOf(b.factor, j));
  return product;
}

/** Adds s u², with u = Q column / s, row by row. */
function addSquares(shares: Float64Array, { basis, count }: Condensed, column: Float64Array, value: number): void {
  const rows = shares.length;
  if (basis === null) {
    for (let i = 0; i < rows; i++) shares[i]! += column[i]! ** 2 / value;
    return;
  }
  const whole = new Float64Array(rows);
  for (let k = 0; k < count; k++) {
    const weight = column[k]!;
    if (weight === 0) continue;
    for (let i = 0; i < rows; i++) whole[i]! += weight * basis[k * rows + i]!;
  }
  for (let i = 0; i < rows; i++) shares[i]! += whole[i]! ** 2 / value;
}

/** Derivatives of the distance with respect to the rows' weights. */
function influences({ centred, rows, features }: Points, shift: Float64Array, sign: 1 | -1, shares: Float64Array): Float64Array {
  const scale = Math.sqrt(rows - 1);
  const values = Float64Array.from({ length: rows }, (_, i) => {
    const row = centred.subarray(i * features, (i + 1) * features);
    return rows * (dot(row, row) - shares[i]!) + 2 * sign * scale * dot(shift, row);
  });
  const mean = values.reduce((a, b) => a + b) / rows;
  return values.map((x) => x - mean);
}
