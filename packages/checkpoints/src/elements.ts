import { describeValue } from "@latentflow/core";
import { checkTensorData } from "./check-tensor-data.js";
import { type DType, dtypes, MAX_DIMENSIONS, type TensorData, type TypedArray } from "./dtypes.js";
import { CheckpointError, describe, EndOfDataError } from "./errors.js";
import type { ByteSource } from "./source.js";

const PIECE = 1 << 20;

/** Pieces of a source, one after another, none larger than a mebibyte. */
export async function* pieces(source: ByteSource, offset: number, length: number): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < length; done += PIECE) yield await source.read(offset + done, Math.min(PIECE, length - done));
}

/**
 * Decodes `count` elements from pieces of any length: straight into the result, so that memory holds the tensor once.
 * Throws EndOfDataError (at `offset` plus what was there) when the pieces end early; surplus bytes are left unread.
 */
export async function decodeElements(
  stream: AsyncIterable<Uint8Array>,
  dtype: DType,
  count: number,
  bigEndian: boolean,
  offset: number,
): Promise<TypedArray> {
  const decoder = new ElementDecoder(dtype, count, bigEndian);
  for await (const piece of stream) if (decoder.push(piece) === 0) break;
  return decoder.finish(offset);
}

/** Fills a typed array from pieces of bytes. */
export class ElementDecoder {
  readonly #data: TypedArray;
  readonly #bytes: Uint8Array;
  readonly #dtype: DType;
  readonly #bigEndian: boolean;
  #filled = 0;

  constructor(dtype: DType, count: number, bigEndian: boolean) {
    this.#dtype = dtype;
    this.#bigEndian = bigEndian;
    this.#data = allocateElements(dtype, count);
    // Narrow floats are collected at the end of the widened array and widened in place from the front.
    const stored = count * dtypes[dtype].itemSize;
    this.#bytes = new Uint8Array(this.#data.buffer, this.#data.byteLength - stored, stored);
  }

  /** Takes what it needs of `piece`; answers how many bytes are still missing. */
  push(piece: Uint8Array): number {
    const used = Math.min(piece.length, this.#bytes.length - this.#filled);
    this.#bytes.set(used === piece.length ? piece : piece.subarray(0, used), this.#filled);
    this.#filled += used;
    return this.#bytes.length - this.#filled;
  }

  finish(offset: number): TypedArray {
    if (this.#filled < this.#bytes.length) {
      throw new EndOfDataError(
        `expected ${this.#bytes.length} bytes of ${this.#dtype}, got ${this.#filled}.`,
        offset + this.#filled,
      );
    }
    const { itemSize, narrow } = dtypes[this.#dtype];
    if (this.#bigEndian) reverseBytes(this.#bytes, itemSize);
    if (narrow) {
      const bits = new narrow.Bits(this.#data.buffer, this.#bytes.byteOffset, this.#data.length);
      // Element i is written at byte 4i; of k bytes each, those still to be read start at byte (4 - k)n + k(i + 1), beyond 4i + 3.
      narrow.widen(bits, this.#data as Float32Array);
    }
    if (this.#dtype === "bool") for (let i = 0; i < this.#data.length; i++) this.#data[i] = this.#data[i] ? 1 : 0;
    return this.#data;
  }
}

/**
 * A tensor's elements as a file stores them: little-endian, narrow floats rounded to nearest even.
 *
 * @param what the tensor in error messages
 * @throws CheckpointError when the elements' number or array does not fit shape and dtype
 */
export function encodeElements(caller: string, what: string, tensor: TensorData): Uint8Array {
  checkTensorData(caller, what, tensor);
  const { dtype, shape, data } = tensor;
  const fail = (expected: string, got: string) => {
    throw new CheckpointError(`${what}: expected ${expected}, got ${got}.`, undefined, { caller });
  };
  if (shape.length > MAX_DIMENSIONS || !shape.every((length) => Number.isSafeInteger(length) && length >= 0))
    fail(`a shape of at most ${MAX_DIMENSIONS} non-negative integers`, `[${shape.slice(0, 8).map(describeValue).join(", ")}]`);
  const count = shape.reduce((product, length) => product * length, 1);
  if (data.length !== count) fail(`${count} elements for shape [${shape.join(", ")}]`, String(data.length));
  const { Array: Elements } = dtypes[dtype];
  if (!(data instanceof Elements)) fail(`${dtype} in an array of ${Elements.name}`, describe(data));
  const { narrow } = dtypes[dtype];
  if (!narrow) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const bits = new narrow.Bits(data.length);
  narrow.narrow(data as Float32Array, bits);
  return new Uint8Array(bits.buffer);
}

/** An array of zeros; a CheckpointError where the process has no such memory. */
function allocateElements(dtype: DType, count: number): TypedArray {
  try {
    return new dtypes[dtype].Array(count);
  } catch (cause) {
    throw new CheckpointError(`an array of ${count} × ${dtype} does not fit into memory.`, undefined, { cause });
  }
}

/** Turns every element's bytes round. */
function reverseBytes(bytes: Uint8Array, itemSize: number): void {
  for (let start = 0; start < bytes.length; start += itemSize) {
    for (let low = start, high = start + itemSize - 1; low < high; low++, high--) {
      const byte = bytes[low]!;
      bytes[low] = bytes[high]!;
      bytes[high] = byte;
    }
  }
}

/**
 * The row-major copy of a strided view, or the storage's own elements when the view is contiguous. The caller has checked that the view
 * lies inside the storage.
 */
export function stridedElements(
  storage: TypedArray,
  offset: number,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): TypedArray {
  if (isContiguous(shape, strides, count)) return storage.subarray(offset, offset + count);
  const copy = new (storage.constructor as new (length: number) => TypedArray)(count);
  // Numbers or BigInts: the copy does not care, but the type of an element assignment would.
  const target = copy as { [i: number]: unknown };
  const axes = mergedAxes(shape, strides);
  const index = new Array<number>(axes.length).fill(0);
  let from = offset;
  for (let to = 0; to < count; to++) {
    target[to] = storage[from];
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      const { length, stride } = axes[axis]!;
      from += stride;
      index[axis]!++;
      if (index[axis]! < length) break;
      from -= stride * length;
      index[axis] = 0;
    }
  }
  return copy;
}

/** The axes that matter: none of length 1, and one for neighbours that are stepped through as one. */
function mergedAxes(shape: readonly number[], strides: readonly number[]): { length: number; stride: number }[] {
  const axes: { length: number; stride: number }[] = [];
  shape.forEach((length, axis) => {
    const stride = strides[axis]!;
    const last = axes.at(-1);
    if (length === 1) return;
    if (last && last.stride === stride * length) {
      last.length *= length;
      last.stride = stride;
    } else axes.push({ length, stride });
  });
  return axes;
}

/** Whether elements lie in row-major order without gaps. The stride of an axis of length 1 says nothing. */
export function isContiguous(shape: readonly number[], strides: readonly number[], count: number): boolean {
  if (count <= 1) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
