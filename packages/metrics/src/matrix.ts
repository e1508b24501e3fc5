import { Matrix } from "ml-matrix";
import { MetricsError } from "./errors.js";

/** A real matrix: rows of numbers, or flat data (row by row) with a shape. */
export type MatrixLike =
  | readonly ArrayLike<number>[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly [rows: number, columns: number] };

/** Rows × columns as an ml-matrix `Matrix` (a copy). */
export function toMatrix(caller: string, input: MatrixLike): Matrix {
  const { data, rows, columns } = flatten(caller, input);
  const matrix = new Matrix(rows, columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) matrix.set(i, j, data[i * columns + j]!);
  return matrix;
}

/** The same as flat float64 numbers, row by row; throws on ragged rows, a wrong length, or a number that is not finite. */
export function flatten(caller: string, input: MatrixLike): { data: Float64Array; rows: number; columns: number } {
  let data: Float64Array;
  let rows: number;
  let columns: number;
  if ("shape" in input) {
    [rows, columns] = input.shape;
    data = Float64Array.from(input.data);
    if (data.length !== rows * columns) {
      throw new MetricsError(`${caller}: expected [${rows}, ${columns}] numbers, got ${data.length}.`);
    }
  } else {
    rows = input.length;
    columns = input[0]?.length ?? 0;
    data = new Float64Array(rows * columns);
    input.forEach((row, i) => {
      if (row.length !== columns)
        throw new MetricsError(`${caller}: expected rows of equal length, got ${columns} and ${row.length}.`);
      data.set(Array.from(row), i * columns);
    });
  }
  if (rows === 0 || columns === 0)
    throw new MetricsError(`${caller}: expected a matrix with rows and columns, got [${rows}, ${columns}].`);
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0)
    throw new MetricsError(`${caller}: expected finite numbers, got ${data[bad]} in row ${Math.floor(bad / columns)}.`);
  return { data, rows, columns };
}

/** Throws unless the matrix is square; `plusIdentity` adds I in place. */
export function squareMatrix(caller: string, input: MatrixLike, plusIdentity: boolean): Matrix {
  const matrix = toMatrix(caller, input);
  if (matrix.rows !== matrix.columns) {
    throw new MetricsError(`${caller}: expected a square matrix, got [${matrix.rows}, ${matrix.columns}].`);
  }
  return plusIdentity ? matrix.add(Matrix.eye(matrix.rows)) : matrix;
}
