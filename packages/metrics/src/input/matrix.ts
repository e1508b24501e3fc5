import type { Matrix, MatrixLike } from "@latentflow/core";
import * as core from "@latentflow/core";
import { MetricsError } from "../errors.js";

export type { Matrix, MatrixLike };

/** A float64 copy; throws on what is no matrix, ragged rows, a wrong length, or a number that is not finite. */
export function toMatrix(caller: string, name: string, input: MatrixLike): Matrix {
  return core.toMatrix(caller, name, input, MetricsError);
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
