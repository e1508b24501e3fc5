import * as core from "@latentflow/core";
import { checkTensor, isTensor, type Matrix, type MatrixLike, type Numbers } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";

/** A float64 copy; a tensor is read at once. Throws as core's. */
export function toMatrix(caller: string, what: string, input: MatrixLike): Matrix {
  return core.toMatrix(caller, what, input, LatentEditError);
}

/** The same of what may be a tensor, whose numbers are waited for: on some backends the only way to them. */
export async function readMatrix(caller: string, what: string, input: MatrixLike): Promise<Matrix> {
  return toMatrix(caller, what, await plain(caller, what, input));
}

/** A float64 copy; NaN and infinities are numbers here. Throws as core's. */
export function toNumbers(caller: string, what: string, values: unknown): Float64Array {
  return core.toNumbers(caller, what, values, LatentEditError);
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
