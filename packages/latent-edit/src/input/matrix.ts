import { checkTensor, describeValue, isTensor } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";

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

/** The same of what may be a tensor, whose numbers are waited for: on some backends the only way to them. */
export async function readMatrix(caller: string, what: string, input: MatrixLike): Promise<Matrix> {
  return toMatrix(caller, what, await plain(caller, what, input));
}

/** A tensor's numbers with their shape; what is no tensor stays as it is. */
export async function plain<T>(
  caller: string,
  what: string,
  input: T,
): Promise<Exclude<T, Tensor> | { data: Numbers; shape: [rows: number, columns: number] }> {
  if (!isTensor(input)) return input as Exclude<T, Tensor>;
  checkTensor(caller, what, input, "a tensor [rows, columns]", LatentEditError);
  // Codes have a third dimension, which those who take them look at.
  return { data: await input.data(), shape: input.shape as [number, number] };
}

/**
 * Copies to float64; throws on ragged rows, a wrong length, an empty matrix, or numbers that are not finite. A tensor is read at once: for functions
 * that are not asynchronous.
 */
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
  if (Array.isArray(input)) return fromRows(caller, what, input);
  if (isTensor(input)) {
    checkTensor(caller, what, input, "a tensor [rows, columns]", LatentEditError);
    return read(caller, what, { data: input.dataSync(), shape: input.shape as [number, number] });
  }
  const { data, shape } = (input ?? {}) as { data?: unknown; shape?: unknown };
  const isShape = Array.isArray(shape) && shape.length === 2 && shape.every((x) => Number.isInteger(x) && x >= 0);
  if (!isShape || !isArrayLike(data)) {
    throw new LatentEditError(
      `${caller}: expected ${what} as a tensor [rows, columns], rows of numbers, or { data, shape: [rows, columns] }, got ${shapeOrValue(input)}.`,
    );
  }
  const [rows, columns] = shape as [number, number];
  if (data.length !== rows * columns) {
    throw new LatentEditError(
      `${caller}: expected ${what} to hold [${shape.join(", ")}] numbers in two dimensions, got ${data.length}.`,
    );
  }
  return { data: toNumbers(caller, what, data), rows, columns };
}

function shapeOrValue(input: unknown): string {
  const { shape } = (input ?? {}) as { shape?: unknown };
  return Array.isArray(shape) ? `the shape [${shape.join(", ")}]` : describeValue(input);
}

function fromRows(caller: string, what: string, input: readonly unknown[]): Matrix {
  const rows = input.map((row, i) => toNumbers(caller, `row ${i} of ${what}`, row));
  const columns = rows[0]?.length ?? 0;
  const data = new Float64Array(rows.length * columns);
  rows.forEach((row, i) => {
    if (row.length !== columns) {
      throw new LatentEditError(
        `${caller}: expected ${what} in rows of equal length, got ${columns} and ${row.length} (row ${i}).`,
      );
    }
    data.set(row, i * columns);
  });
  return { data, rows: rows.length, columns };
}

/** A float64 copy; throws where `values` is no array, or an entry no number. NaN and infinities are numbers here. */
export function toNumbers(caller: string, what: string, values: unknown): Float64Array {
  if (!isArrayLike(values)) {
    const advice = isTensor(values) ? "; give its await x.data()" : "";
    throw new LatentEditError(`${caller}: expected ${what} to be an array of numbers, got ${describeValue(values)}${advice}.`);
  }
  if (values instanceof BigInt64Array || values instanceof BigUint64Array) return Float64Array.from(values, Number);
  // All other typed arrays hold numbers.
  if (ArrayBuffer.isView(values)) return Float64Array.from(values as unknown as ArrayLike<number>);
  return Float64Array.from(values, (value, i) => {
    if (typeof value === "number" || typeof value === "bigint") return Number(value);
    throw new LatentEditError(`${caller}: expected ${what} to hold numbers, got ${describeValue(value)} at ${i}.`);
  });
}

function isArrayLike(value: unknown): value is ArrayLike<unknown> {
  if (typeof value !== "object" || value === null || value instanceof DataView) return false;
  const { length } = value as { length?: unknown };
  return typeof length === "number" && Number.isInteger(length) && length >= 0;
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

/** The Euclidean norm, right for numbers of any size whose norm float64 holds. */
export function norm(a: ArrayLike<number>): number {
  const scale = powerOfTwo(a);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! / scale) ** 2;
  return scale * Math.sqrt(sum);
}

/** The vector scaled to length 1; zeros stay zeros. */
export function unit(vector: Float64Array): Float64Array {
  const scale = powerOfTwo(vector);
  const scaled = vector.map((x) => x / scale);
  const length = norm(scaled) || 1;
  return scaled.map((x) => x / length);
}

/** The power of two next below the largest absolute value, by which dividing rounds nothing; 1 for zeros and where there are infinities. */
function powerOfTwo(a: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) largest = Math.max(largest, Math.abs(a[i]!));
  return largest > 0 && largest < Number.POSITIVE_INFINITY ? 2 ** Math.max(-1074, Math.floor(Math.log2(largest))) : 1;
}
