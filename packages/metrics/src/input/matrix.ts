import { describeValue } from "@latentflow/core";
import { MetricsError } from "../errors.js";
import { checkArray, type Numbers } from "./checks.js";

/** A real matrix: rows of numbers, or flat data (row by row) with a shape. */
export type MatrixLike =
  | readonly Numbers[]
  | { readonly data: Numbers; readonly shape: readonly [rows: number, columns: number] };

/** Rows of float64 numbers, one after the other. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/** A float64 copy; throws on what is no matrix, ragged rows, a wrong length, or a number that is not finite. */
export function toMatrix(caller: string, name: string, input: MatrixLike): Matrix {
  const matrix = Array.isArray(input) ? fromRows(caller, name, input) : fromFlat(caller, name, input);
  const { data, rows, columns } = matrix;
  if (rows === 0 || columns === 0) {
    throw new MetricsError(`${caller}: expected ${name} with rows and columns, got [${rows}, ${columns}].`);
  }
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad >= 0) {
    throw new MetricsError(
      `${caller}: expected ${name} of finite numbers, got ${data[bad]} in row ${Math.floor(bad / columns)}.`,
    );
  }
  return matrix;
}

function fromFlat(caller: string, name: string, input: unknown): Matrix {
  const { data, shape } = (input ?? {}) as { data?: unknown; shape?: unknown };
  const [rows, columns] = Array.isArray(shape) ? (shape as number[]) : [];
  const isShape = Array.isArray(shape) && shape.length === 2 && shape.every((x) => Number.isInteger(x) && x >= 0);
  if (!isShape || typeof data !== "object" || data === null) {
    throw new MetricsError(
      `${caller}: expected ${name} as rows of numbers or { data, shape: [rows, columns] }, got ${describeValue(input)}.`,
    );
  }
  checkArray(caller, `${name}.data`, data);
  if (data.length !== rows! * columns!) {
    throw new MetricsError(`${caller}: expected ${name} to hold [${rows}, ${columns}] numbers, got ${data.length}.`);
  }
  return { data: Float64Array.from(data, asNumber), rows: rows!, columns: columns! };
}

function fromRows(caller: string, name: string, input: readonly unknown[]): Matrix {
  const rows = input.length;
  input.forEach((row, i) => {
    checkArray(caller, `row ${i} of ${name}`, row);
  });
  const columns = (input[0] as ArrayLike<unknown> | undefined)?.length ?? 0;
  const data = new Float64Array(rows * columns);
  (input as readonly ArrayLike<unknown>[]).forEach((row, i) => {
    if (row.length !== columns) {
      throw new MetricsError(`${caller}: expected ${name} in rows of equal length, got ${columns} and ${row.length}.`);
    }
    for (let j = 0; j < columns; j++) data[i * columns + j] = asNumber(row[j]);
  });
  return { data, rows, columns };
}

/** NaN, refused later with its place, for what is no number: not the 0 that null or an empty text would become. */
function asNumber(value: unknown): number {
  return typeof value === "number" || typeof value === "bigint" ? Number(value) : Number.NaN;
}

/** A square matrix [n, n] as flat numbers, with the identity added when asked for. */
export function squareMatrix(
  caller: string,
  input: MatrixLike,
  plusIdentity: boolean,
): { readonly data: Float64Array; readonly size: number } {
  const { data, rows, columns } = toMatrix(caller, "a matrix", input);
  if (rows !== columns) throw new MetricsError(`${caller}: expected a square matrix, got [${rows}, ${columns}].`);
  if (plusIdentity) for (let i = 0; i < rows; i++) data[i * (rows + 1)]! += 1;
  return { data, size: rows };
}
