import { CheckpointError } from "./errors.js";
import { float8E4M3, float8E5M2 } from "./float8.js";
import { bfloat16, float16, type NarrowFloats } from "./half-floats.js";

/** Element types as NumPy and PyTorch name them. */
export type DType =
  | "float16"
  | "bfloat16"
  | "float8_e4m3fn"
  | "float8_e5m2"
  | "float32"
  | "float64"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool";

export type TypedArray =
  | Float32Array<ArrayBuffer>
  | Float64Array<ArrayBuffer>
  | Int8Array<ArrayBuffer>
  | Int16Array<ArrayBuffer>
  | Int32Array<ArrayBuffer>
  | BigInt64Array<ArrayBuffer>
  | Uint8Array<ArrayBuffer>
  | Uint16Array<ArrayBuffer>
  | Uint32Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

/**
 * A tensor: elements in row-major order. Floats of 8 and 16 bits are widened to a Float32Array (exactly); `dtype` keeps the type in the file.
 * bool is a Uint8Array of 0 and 1; 64-bit integers are BigInt arrays. Tensors that shared memory in the file share it here.
 */
export interface TensorData {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

interface DTypeInfo {
  /** Bytes an element takes in a file. */
  readonly itemSize: number;
  /** The array its elements are kept in. */
  readonly Array: { new (length: number): TypedArray; new (buffer: ArrayBuffer, byteOffset: number, length: number): TypedArray };
  /** Conversion of floats of 8 and 16 bits, which are kept as float32. */
  readonly narrow?: NarrowFloats;
}

export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  float16: { itemSize: 2, Array: Float32Array, narrow: float16 },
  bfloat16: { itemSize: 2, Array: Float32Array, narrow: bfloat16 },
  float8_e4m3fn: { itemSize: 1, Array: Float32Array, narrow: float8E4M3 },
  float8_e5m2: { itemSize: 1, Array: Float32Array, narrow: float8E5M2 },
  float32: { itemSize: 4, Array: Float32Array },
  float64: { itemSize: 8, Array: Float64Array },
  int8: { itemSize: 1, Array: Int8Array },
  int16: { itemSize: 2, Array: Int16Array },
  int32: { itemSize: 4, Array: Int32Array },
  int64: { itemSize: 8, Array: BigInt64Array },
  uint8: { itemSize: 1, Array: Uint8Array },
  uint16: { itemSize: 2, Array: Uint16Array },
  uint32: { itemSize: 4, Array: Uint32Array },
  uint64: { itemSize: 8, Array: BigUint64Array },
  bool: { itemSize: 1, Array: Uint8Array },
};

/** Bytes that `count` elements take in memory, after widening. */
export function memorySize(dtype: DType, count: number): number {
  return count * (dtypes[dtype].narrow ? 4 : dtypes[dtype].itemSize);
}

/** As many as NumPy and PyTorch allow. */
export const MAX_DIMENSIONS = 64;

/** Number of elements of a shape. Throws on anything but a list of at most 64 non-negative integers with a representable product. */
export function elementCount(shape: readonly unknown[], offset?: number): number {
  if (shape.length > MAX_DIMENSIONS)
    throw new CheckpointError(`expected at most ${MAX_DIMENSIONS} dimensions, got ${shape.length}.`, offset);
  let count = 1;
  let empty = false;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) {
      throw new CheckpointError(
        `expected a shape of non-negative integers, got ${typeof size === "number" ? size : typeof size}.`,
        offset,
      );
    }
    if (size === 0) empty = true;
    else count *= size as number;
  }
  if (empty) return 0;
  if (!Number.isSafeInteger(count)) throw new CheckpointError("the shape has more elements than any file can hold.", offset);
  return count;
}
