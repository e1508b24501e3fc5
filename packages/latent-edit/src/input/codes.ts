import { type Codes, checkTensor, isTensor, type Matrix, type Numbers, toCodeNumbers } from "@latentflow/core";
import { type Tensor, type Tensor2D, type Tensor3D, tensor } from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { checkCodes } from "./checks.js";
import { plain } from "./matrix.js";

export type { Codes };

/** The tensor that codes become: a tensor's own type; of numbers, [n, d] or [n, rowCount, d]. */
export type TensorOf<C extends Codes> = C extends Tensor
  ? C
  : C extends readonly (readonly Numbers[])[] | { readonly shape: readonly [number, number, number] }
    ? Tensor3D
    : C extends readonly Numbers[] | { readonly shape: readonly [number, number] }
      ? Tensor2D
      : Tensor;

/**
 * Codes as a tensor: the given one, or of numbers a new one, float32, that the caller disposes (or its tidy does).
 *
 * @throws LatentEditError for codes of another width, ragged rows, numbers that are not finite, or a tensor that has been disposed
 */
export function toCodes<C extends Codes>(caller: string, codes: C, latentDim: number): TensorOf<C> {
  const isNumbers = typeof codes === "object" && codes !== null && !isTensor(codes) && (Array.isArray(codes) || "data" in codes);
  if (!isNumbers) {
    checkCodes(caller, codes, latentDim);
    return codes as TensorOf<C>;
  }
  const { data, shape } = numbersOf(caller, codes);
  if (shape.at(-1) !== latentDim) {
    throw new LatentEditError(
      `${caller}: expected codes [n, ${latentDim}] or [n, rowCount, ${latentDim}], got [${shape.join(", ")}].`,
    );
  }
  return tensor(Float32Array.from(data), [...shape]) as Tensor as TensorOf<C>;
}

/** Codes as float64 numbers, a code a row: of W+ codes their rows one after the other. */
export interface CodeTable {
  /** [n, d], or [n, rowCount · d]. */
  readonly codes: Matrix;
  /** Width of a latent row. */
  readonly latentDim: number;
  /** Of W+ codes; undefined of W codes. */
  readonly rowCount: number | undefined;
}

/** The same of what may be a tensor, whose numbers are waited for. Throws as `toCodeTable` does. */
export async function readCodes(caller: string, codes: Codes, latentDim?: number): Promise<CodeTable> {
  return toCodeTable(caller, await plain(caller, "codes", codes), latentDim);
}

/**
 * Codes as a table; a tensor is read at once.
 *
 * @param latentDim the width that they must have; default: any
 * @throws LatentEditError for codes of another width, ragged rows, or numbers that are not finite
 */
export function toCodeTable(caller: string, codes: Codes, latentDim?: number): CodeTable {
  const { data, shape } = numbersOf(caller, isTensor(codes) ? tensorNumbers(caller, codes) : codes);
  const width = shape.at(-1)!;
  if (latentDim !== undefined && width !== latentDim) {
    throw new LatentEditError(
      `${caller}: expected codes [n, ${latentDim}] or [n, rowCount, ${latentDim}], got [${shape.join(", ")}].`,
    );
  }
  const columns = data.length / shape[0]!;
  return {
    codes: { data, rows: shape[0]!, columns },
    latentDim: width,
    rowCount: shape.length === 3 ? shape[1]! : undefined,
  };
}

function tensorNumbers(caller: string, codes: Tensor): { data: Numbers; shape: readonly number[] } {
  checkTensor(caller, "codes", codes, "a tensor [n, d] or [n, rowCount, d]", LatentEditError);
  return { data: codes.dataSync<"float32">(), shape: codes.shape };
}

/** Numbers and their shape, of two or three dimensions. */
function numbersOf(caller: string, codes: Exclude<Codes, Tensor>): { data: Float64Array; shape: readonly number[] } {
  return toCodeNumbers(caller, "codes", codes, LatentEditError);
}
