import { CheckpointError } from "./error.js";
import { bfloat16, float16, type HalfFloats } from "./half-floats.js";

/** Element types as NumPy and PyTorch name them. */
export type DType =
  | "float16"
  | "bfloat16"
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
 * A tensor: elements in row-major order. float16 and bfloat16 are widened to a Float32Array (exactly); `dtype` keeps the type in the file.
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
  /** Conversion of 16-bit floats, which are kept as float32. */
  readonly half?: HalfFloats;
}

export const dtypes: Readonly<Record<DType, DTypeInfo>> = {
  float16: { itemSize: 2, Array: Float32Array, half: float16 },
  bfloat16: { itemSize: 2, Array: Float32Array, half: bfloat16 },
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
  return count * (dtypes[dtype].half ? 4 : dtypes[dtype].itemSize);
}

/** Number of elements of a shape. Throws on anything but a list of at most 64 non-negative integers with a representable product. */
export function elementCount(shape: readonly unknown[], offset?: number): number {
  if (shape.length > 64) throw new CheckpointError(`expected at most 64 dimensions, got ${shape.length}.`, offset);
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

/** Elements as float32, whatever their type; the same array when it is one already. */
export function toFloat32(tensor: TensorData): Float32Array<ArrayBuffer> {
  const { data } = tensor;
  if (data instanceof Float32Array) return data;
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}
