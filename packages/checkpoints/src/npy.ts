import { describeValue } from "@latentflow/core";
import { Budget } from "./budget.js";
import { checkTensorData } from "./check-tensor-data.js";
import { dtypes, elementCount, memorySize, type TensorData } from "./dtypes.js";
import { decodeElements, encodeElements, pieces } from "./elements.js";
import { CheckpointError, describe, named } from "./errors.js";
import { Cursor } from "./pickle/cursor.js";
import { fromColumnMajor, type NumpyDType, numpyTypeName, parseNumpyDType } from "./pickle/numpy-globals.js";
import { type PythonLiteral, parsePythonLiteral } from "./pickle/python-literal.js";
import { type ReadOptions, readReadOptions } from "./read-options.js";
import { type CheckpointSource, withSource } from "./source.js";

/** What stands before the elements of an npy file. */
export interface NpyHeader extends NumpyDType {
  readonly shape: readonly number[];
  readonly columnMajor: boolean;
  /** Bytes before the first element. */
  readonly headerSize: number;
}

/** Longest text of a header: NumPy's own limit for files that one does not trust. */
const LONGEST_TEXT = 10_000;
/** Bytes that hold any header. */
export const LONGEST_HEADER = 12 + LONGEST_TEXT;
const MAGIC = "\x93NUMPY";

/**
 * Reads an npy file of numbers, versions 1 to 3, either byte order; column-major arrays are returned row-major. Object arrays are refused.
 *
 * @throws CheckpointError for damaged or unsupported files
 */
export async function readNpy(source: CheckpointSource, options: ReadOptions = {}): Promise<TensorData> {
  const { maxBytes } = readReadOptions("readNpy", options);
  return named("readNpy", () =>
    withSource(source, async (file) => {
      const budget = Budget.forFile(file.size, maxBytes);
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
  const [major, minor] = [cursor.uint8(), cursor.uint8()];
  if (major < 1 || major > 3 || minor !== 0)
    throw new CheckpointError(`expected npy version 1.0, 2.0 or 3.0, got ${major}.${minor}.`, 6);
  const length = major === 1 ? cursor.uint16() : cursor.uint32();
  const at = cursor.offset;
  if (length > LONGEST_TEXT)
    throw new CheckpointError(`expected a header of at most ${LONGEST_TEXT} bytes, got one of ${length}.`, 8);
  const bytes = cursor.take(length);
  const text = major === 3 ? new Cursor(bytes, at).text(length) : String.fromCharCode(...bytes);
  const { descr, columnMajor, shape } = headerFields(parsePythonLiteral(text, at, major < 3), at);
  elementCount(shape, at);
  return { ...parseNumpyDType(descr, at), shape, columnMajor, headerSize: at + length };
}

/** A header is a dict such as {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }, with these keys and no others. */
function headerFields(header: PythonLiteral, at: number): { descr: string; columnMajor: boolean; shape: number[] } {
  const fail = (expected: string, got: unknown) => {
    throw new CheckpointError(`expected ${expected}, got ${describe(got)}.`, at);
  };
  if (!(header instanceof Map)) return fail("a header that is a dict", header);
  const keys = [...header.keys()];
  if (keys.length !== 3 || !["descr", "fortran_order", "shape"].every((key) => header.has(key)))
    fail("a header with descr, fortran_order and shape and nothing else", keys.map(String).join(", "));
  const [descr, columnMajor, shape] = [header.get("descr"), header.get("fortran_order"), header.get("shape")];
  if (typeof descr !== "string") return fail("the header's descr to be the name of a type of numbers", descr);
  if (typeof columnMajor !== "boolean") return fail("the header's fortran_order to be True or False", columnMajor);
  if (!Array.isArray(shape)) return fail("the header's shape to be a tuple, such as (2,)", shape);
  return { descr, columnMajor, shape };
}

/**
 * An npy file (version 1, little-endian, row-major).
 *
 * @throws CheckpointError for bfloat16 and 8-bit floats, which NumPy does not have, and for elements that do not fit shape and dtype
 */
export function writeNpy(tensor: TensorData): Uint8Array<ArrayBuffer> {
  checkTensorData("writeNpy", "the array", tensor);
  const header = headerOf("writeNpy", tensor);
  const elements = encodeElements("writeNpy", "the array", tensor);
  const file = new Uint8Array(header.length + elements.length);
  file.set(header);
  file.set(elements, header.length);
  return file;
}

/**
 * What stands before the elements of such a file: for arrays whose elements are written piece by piece.
 *
 * @throws CheckpointError for types that NumPy does not have, and what is no shape
 */
export function npyHeader(array: Pick<TensorData, "dtype" | "shape">): Uint8Array<ArrayBuffer> {
  checkTensorData("npyHeader", "the array", { ...array, data: new Uint8Array() });
  const bad = array.shape.find((length) => !Number.isSafeInteger(length) || length < 0);
  if (bad !== undefined) {
    const reason = `the array: expected a shape of integers ≥ 0, got ${describeValue(bad)} in it.`;
    throw new CheckpointError(reason, undefined, { caller: "npyHeader" });
  }
  return headerOf("npyHeader", array);
}

function headerOf(caller: string, { dtype, shape }: Pick<TensorData, "dtype" | "shape">): Uint8Array<ArrayBuffer> {
  const type = numpyTypeName(dtype);
  if (!type) throw new CheckpointError(`NumPy has no ${dtype}; write float32 instead.`, undefined, { caller });
  const lengths = shape.length === 1 ? `${shape[0]},` : shape.join(", ");
  const literal = `{'descr': '${type}', 'fortran_order': False, 'shape': (${lengths}), }`;
  // Elements start at a multiple of 64 bytes; the header ends in a line feed.
  const size = Math.ceil((10 + literal.length + 1) / 64) * 64;
  const text = `${MAGIC}\x01\x00\0\0${literal.padEnd(size - 11)}\n`;
  const header = Uint8Array.from({ length: size }, (_, i) => text.charCodeAt(i));
  new DataView(header.buffer).setUint16(8, size - 10, true);
  return header;
}
