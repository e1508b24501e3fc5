import type { Matrix } from "@latentflow/core";
import { norm, powerOfTwo } from "@latentflow/core/linear-algebra";

/** Row i, a view. */
export function rowOf(matrix: Matrix, i: number): Float64Array {
  return matrix.data.subarray(i * matrix.columns, (i + 1) * matrix.columns);
}

/** A new matrix of the listed rows. */
export function selectRows(matrix: Matrix, rows: ArrayLike<number>): Matrix {
  const data = new Float64Array(rows.length * matrix.columns);
  for (let i = 0; i < rows.length; i++) data.set(rowOf(matrix, rows[i]!), i * matrix.columns);
  return { data, rows: rows.length, columns: matrix.columns };
}

/** Mean of every column. */
export function columnMeans(matrix: Matrix): Float64Array {
  const means = new Float64Array(matrix.columns);
  for (let i = 0; i < matrix.data.length; i++) means[i % matrix.columns]! += matrix.data[i]!;
  return means.map((sum) => sum / matrix.rows);
}

/** Subtracts `row` from every row, in place. */
export function subtractRow(matrix: Matrix, row: Float64Array): void {
  for (let i = 0; i < matrix.data.length; i++) matrix.data[i]! -= row[i % matrix.columns]!;
}

/** The power of two next to the root of the mean square of all entries (1 for zeros): dividing by it rounds nothing. */
export function scaleOf({ data }: Matrix): number {
  let largest = 0;
  for (const x of data) largest = Math.max(largest, Math.abs(x));
  if (largest === 0) return 1;
  let sum = 0;
  for (const x of data) sum += (x / largest) ** 2;
  return 2 ** Math.round(Math.log2(largest) + Math.log2(sum / data.length) / 2);
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The vector scaled to length 1; zeros stay zeros. */
export function unit(vector: Float64Array): Float64Array {
  const scale = powerOfTwo(vector);
  const scaled = vector.map((x) => x / scale);
  const length = norm(scaled) || 1;
  return scaled.map((x) => x / length);
}
