import type { Tensor } from "@tensorflow/tfjs-core";
import { CoreError, describeValue } from "./errors.js";
import { checkTensor, type ErrorClass } from "./options.js";
import { isTensor } from "./tensor.js";

/** Numbers of any element type; int64 arrays, as NumPy and PyTorch make them of labels, hold BigInts. */
export type Numbers = ArrayLike<number> | ArrayLike<bigint>;

/** Many codes, weights or labels: a tensor of rank 2, rows of numbers, or flat numbers (row by row) with their shape. */
export type MatrixLike =
  | Tensor
  | readonly Numbers[]
  | { readonly data: Numbers; readonly shape: readonly [rows: number, columns: number] };

/** Rows of float64 numbers, one after the other. */
export interface Matrix {
  readonly data: Float64Array;
  readonly rows: number;
  readonly columns: number;
}

/**
 * Copies to float64. A tensor is read at once: for functions that are not asynchronous.
 *
 * @param ErrorType the calling package's error class (default CoreError)
 * @throws for ragged rows, a wrong length, an empty matrix, or numbers that are not finite
 */
export function toMatrix(caller: string, name: string, input: MatrixLike, ErrorType: ErrorClass = CoreError): Matrix {
  const { data, rows, columns } = read(caller, name, input, ErrorType);
  if (rows === 0 || columns === 0)
    throw new ErrorType(`${caller}: expected ${name} with rows and columns, got [${rows}, ${columns}].`);
  const bad = data.findIndex((x) => !Number.isFinite(x));
  if (bad < 0) return { data, rows, columns };
  throw new ErrorType(`${caller}: expected ${name} of finite numbers, got ${data[bad]} in row ${Math.floor(bad / columns)}.`);
}

function read(caller: string, name: string, input: unknown, ErrorType: ErrorClass): Matrix {
  if (Array.isArray(input)) return fromRows(caller, name, input, ErrorType);
  if (isTensor(input)) {
    checkTensor(caller, name, input, "a tensor [rows, columns]", ErrorType);
    return read(caller, name, { data: input.dataSync(), shape: input.shape }, ErrorType);
  }
  const { data, shape } = (input ?? {}) as { data?: unknown; shape?: unknown };
  const isShape = Array.isArray(shape) && shape.length === 2 && shape.every((x) => Number.isInteger(x) && x >= 0);
  if (!isShape || !isArrayLike(data)) {
    const got = Array.isArray(shape) ? `the shape [${shape.join(", ")}]` : describeValue(input);
    throw new ErrorType(
      `${caller}: expected ${name} as a tensor [rows, columns], rows of numbers, or { data, shape: [rows, columns] }, got ${got}.`,
    );
  }
  const [rows, columns] = shape as [number, number];
  if (data.length !== rows * columns) {
    throw new ErrorType(`${caller}: expected ${name} to hold [${shape.join(", ")}] numbers, got ${data.length}.`);
  }
  return { data: toNumbers(caller, name, data, ErrorType), rows, columns };
}

function fromRows(caller: string, name: string, input: readonly unknown[], ErrorType: ErrorClass): Matrix {
  const rows = input.map((row, i) => toNumbers(caller, `row ${i} of ${name}`, row, ErrorType));
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    if (row.length !== columns)
      throw new ErrorType(`${caller}: expected ${name} in rows of equal length, got ${columns} and ${row.length} (row ${i}).`);
    data.set(row, i * columns);
  });
  return { data, rows: rows.length, columns };
}

/**
 * A float64 copy. NaN and infinities are numbers here.
 *
 * @param ErrorType the calling package's error class (default CoreError)
 * @throws where `values` is no array, or an entry no number
 */
export function toNumbers(caller: string, name: string, values: unknown, ErrorType: ErrorClass = CoreError): Float64Array {
  if (!isArrayLike(values)) {
    const advice = isTensor(values) ? "; give its await x.data()" : "";
    throw new ErrorType(`${caller}: expected ${name} to be an array of numbers, got ${describeValue(values)}${advice}.`);
  }
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Float64Array.from(values, Number);
  // All other typed arrays hold numbers.
  if (ArrayBuffer.isView(values)) return Float64Array.from(values as unknown as ArrayLike<number>);
  return Float64Array.from(values, (value, i) => {
    if (typeof value === "number" || typeof value === "bigint") return Number(value);
    throw new ErrorType(`${caller}: expected ${name} to hold numbers, got ${describeValue(value)} at ${i}.`);
  });
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== "object" || value === null || value instanceof DataView) return false;
  const { length } = value as { length?: unknown };
  return typeof length === "number" && Number.isInteger(length) && length >= 0;
}
