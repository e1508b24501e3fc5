import type { Tensor } from "@tensorflow/tfjs-core";
import { isList } from "./declared-options.js";
import { CoreError, describeValue } from "./errors.js";
import { type Numbers, toMatrix } from "./matrix.js";
import type { ErrorClass } from "./options.js";

/**
 * Latent codes as anyone has them: a tensor [n, d] or, of W+, [n, rowCount, d]; rows of numbers, or codes of rows of numbers; or flat numbers (row
 * by row) with such a shape.
 */
export type Codes =
  | Tensor
  | readonly Numbers[]
  | readonly (readonly Numbers[])[]
  | { readonly data: Numbers; readonly shape: readonly number[] };

/**
 * Copies codes that are no tensor to float64, with their shape [n, d] or [n, rowCount, d].
 *
 * @param name what the caller calls them, such as "codes"
 * @param ErrorType the calling package's error class (default CoreError)
 * @throws for ragged rows, another number of dimensions, none at all, or numbers that are not finite
 */
export function toCodeNumbers(
  caller: string,
  name: string,
  codes: Exclude<Codes, Tensor>,
  ErrorType: ErrorClass = CoreError,
): { data: Float64Array; shape: readonly number[] } {
  if (isList<Numbers | readonly Numbers[]>(codes)) {
    if (isList<unknown>(codes[0]) && typeof codes[0][0] === "object") return fromRowsOfCodes(caller, name, codes, ErrorType);
    const { data, rows, columns } = toMatrix(caller, name, codes as readonly Numbers[], ErrorType);
    return { data, shape: [rows, columns] };
  }
  const { data, shape } = (codes ?? {}) as { data: Numbers; shape: readonly number[] };
  const isShape = Array.isArray(shape) && shape.every((length) => Number.isInteger(length) && length > 0);
  if (!isShape || shape.length < 2 || shape.length > 3) {
    const got = Array.isArray(shape) ? `the shape [${shape.join(", ")}]` : describeValue(codes);
    throw new ErrorType(
      `${caller}: expected ${name} as a tensor, rows of numbers, or { data, shape: [n, d] or [n, rowCount, d] }, got ${got}.`,
    );
  }
  const width = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  return { data: toMatrix(caller, name, { data, shape: [rows, width] }, ErrorType).data, shape };
}

/** W+ codes as lists: each as many rows. */
function fromRowsOfCodes(
  caller: string,
  name: string,
  codes: readonly unknown[],
  ErrorType: ErrorClass,
): { data: Float64Array; shape: readonly number[] } {
  const rowCount = (codes[0] as readonly unknown[]).length;
  codes.forEach((rows, i) => {
    if (isList(rows) && rows.length === rowCount) return;
    const got = isList(rows) ? `${rows.length}` : describeValue(rows);
    throw new ErrorType(`${caller}: expected ${name} of ${rowCount} rows each, as the first, got ${got} (code ${i}).`);
  });
  const { data, columns } = toMatrix(caller, name, codes.flat() as readonly Numbers[], ErrorType);
  return { data, shape: [codes.length, rowCount, columns] };
}
