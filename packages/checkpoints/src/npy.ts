import { Budget } from "./budget.js";
import { dtypes, elementCount, memorySize, type TensorData } from "./dtypes.js";
import { decodeElements, encodeElements, pieces } from "./elements.js";
import { CheckpointError, checkKnownOptions, describe, named } from "./error.js";
import { Cursor } from "./pickle/cursor.js";
import { fromColumnMajor, type NumpyDType, numpyTypeName, parseNumpyDType } from "./pickle/numpy-globals.js";
import { type CheckpointSource, withSource } from "./source.js";
import type { ReadOptions } from "./torch/read-torch.js";

/** What stands before the elements of an npy file. */
export interface NpyHeader extends NumpyDType {
  readonly shape: readonly number[];
  readonly columnMajor: boolean;
  /** Bytes before the first element. */
  readonly headerSize: number;
}

/** No header is longer: the 65535 bytes of version 1 suffice for any array of numbers. */
export const LONGEST_HEADER = 65546;
const MAGIC = "\x93NUMPY";

/**
 * Reads an npy file of numbers, versions 1 to 3, either byte order; column-major arrays are returned row-major. Object arrays are refused.
 *
 * @throws CheckpointError for damaged or unsupported files
 */
export async function readNpy(source: CheckpointSource, options: ReadOptions = {}): Promise<TensorData> {
  checkKnownOptions("readNpy", options, ["maxBytes"]);
  return named("readNpy", () =>
    withSource(source, async (file) => {
      const budget = Budget.forFile(file.size, options.maxBytes);
      const header = parseNpyHeader(await file.read(0, Math.min(LONGEST_HEADER, file.size)));
      const bytes = elementCount(header.shape) * dtypes[header.dtype].itemSize;
      if (header.headerSize + bytes > file.size) {
        throw new CheckpointError(
          `expected ${bytes} bytes of elements, got ${file.size - header.headerSize}.`,
          header.headerSize,
        );
      }
      return decodeNpy(header, pieces(file, header.headerSize, bytes), budget);
    }),
  );
}

/** Elements behind a header. The caller has checked that they are there. */
export async function decodeNpy(header: NpyHeader, stream: AsyncIterable<Uint8Array>, budget: Budget): Promise<TensorData> {
  const { dtype, shape, columnMajor, bigEndian, headerSize } = header;
  const count = elementCount(shape, headerSize);
  const size = memorySize(dtype, count);
  budget.charge(columnMajor ? 2 * size : size, `the array [${shape.join(", ")}]`, headerSize);
  const data = await decodeElements(stream, dtype, count, bigEndian, headerSize);
  return { dtype, shape, data: columnMajor ? fromColumnMajor(data, shape, count) : data };
}

/** Parses the header at the start of `head`. */
export function parseNpyHeader(head: Uint8Array): NpyHeader {
  const cursor = new Cursor(head);
  const magic = String.fromCharCode(...cursor.take(MAGIC.length));
  if (magic !== MAGIC) throw new CheckpointError("expected an npy file, which starts with \\x93NUMPY.", 0);
  const [major] = [cursor.uint8(), cursor.uint8()];
  if (major < 1 || major > 3) throw new CheckpointError(`expected npy version 1, 2 or 3, got ${major}.`, 6);
  const length = major === 1 ? cursor.uint16() : cursor.uint32();
  const at = cursor.offset;
  const text = String.fromCharCode(...cursor.take(Math.min(length, LONGEST_HEADER - at)));
  // A Python literal such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
  const descr = /'descr':\s*'([^']{1,20})'/.exec(text)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\sL]{0,2000})\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || shape === undefined) {
    throw new CheckpointError(
      `expected a header with descr, fortran_order and shape of an array of numbers, got ${describe(text)}.`,
      at,
    );
  }
  const sizes = shape.split(",").map((size) => size.replace("L", "").trim());
  const dimensions = sizes.filter((size) => size !== "").map(Number);
  elementCount(dimensions, at);
  return { ...parseNumpyDType(descr, at), shape: dimensions, columnMajor: order === "True", headerSize: at + length };
}

/**
 * An npy file (version 1, little-endian, row-major).
 *
 * @throws CheckpointError for bfloat16, which NumPy does not have
 */
export function writeNpy(tensor: TensorData): Uint8Array<ArrayBuffer> {
  const type = numpyTypeName(tensor.dtype);
  if (!type) throw new CheckpointError(`NumPy has no ${tensor.dtype}; write float32 instead.`, undefined, { caller: "writeNpy" });
  const elements = encodeElements("writeNpy", "the array", tensor);
  const shape = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const literal = `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }`;
  // Elements start at a multiple of 64 bytes; the header ends in a line feed.
  const headerSize = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const file = new Uint8Array(headerSize + elements.length);
  const head = `${MAGIC}\x01\x00\0\0${literal.padEnd(headerSize - 11)}\n`;
  for (let i = 0; i < head.length; i++) file[i] = head.charCodeAt(i);
  new DataView(file.buffer).setUint16(8, headerSize - 10, true);
  file.set(elements, headerSize);
  return file;
}
