import { describeValue } from "@latentflow/core";
import { LatentEditError } from "./errors.js";

/** Many codes or weights as plain numbers: rows, or flat data (row by row) with its shape. */
export type MatrixLike =
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly [rows: number, columns: number] };

/** Rows of float64 numbers, one after the other. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** Copies to float64; throws on ragged rows, a wrong length, an empty matrix, or numbers that are not finite. */
export function toMatrix(caller: string, what: string, input: MatrixLike): Matrix {
  const { data, rows, columns } = read(caller, what, input);
  if (rows === 0 || columns === 0) {
    throw new LatentEditError(`${caller}: expected ${what} with rows and columns, got [${rows}, ${columns}].`);
  }
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    throw new LatentEditError(
      `${caller}: expected ${what} of finite numbers, got ${data[bad]} in row ${Math.floor(bad / columns)}.`,
    );
  }
  return { data, rows, columns };
}

function read(caller: string, what: string, input: MatrixLike): Matrix {
  if ("shape" in input) {
    const [rows, columns] = input.shape;
    if (input.shape.length !== 2 || input.data.length !== rows * columns) {
      throw new LatentEditError(
        `${caller}: expected ${what} to hold [${input.shape.join(", ")}] numbers in two dimensions, got ${input.data.length}.`,
      );
    }
    return { data: Float64Array.from(input.data), rows, columns };
  }
  if (!Array.isArray(input))
    throw new LatentEditError(`${caller}: expected ${what} as rows or { data, shape }, got ${describeValue(input)}.`);
  const columns = input[0]?.length ?? 0;
  const data = new Float64Array(input.length * columns);
  input.forEach((row, i) => {
    if (row.length !== columns) {
      throw new LatentEditError(
        `${caller}: expected ${what} in rows of equal length, got ${columns} and ${row.length} (row ${i}).`,
      );
    }
    for (let j = 0; j < columns; j++) data[i * columns + j] = row[j]!;
  });
  return { data, rows: input.length, columns };
}

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

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

export function norm(a: ArrayLike<number>): number {
  return Math.sqrt(dot(a, a));
}
