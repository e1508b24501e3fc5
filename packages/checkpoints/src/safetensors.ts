import { Budget } from "./budget.js";
import { type DType, dtypes, elementCount, memorySize, type TensorData } from "./dtypes.js";
import { decodeElements, encodeElements, pieces } from "./elements.js";
import { CheckpointError, checkKnownOptions, describe, named } from "./error.js";
import { Cursor } from "./pickle/cursor.js";
import { type ByteSource, type CheckpointSource, withSource } from "./source.js";
import type { ReadOptions } from "./torch/read-torch.js";

/** What a safetensors file holds. */
export interface SafetensorsFile {
  readonly tensors: Map<string, TensorData>;
  /** Free text by key. */
  readonly metadata: Map<string, string>;
}

/** The format's names of element types. */
const NAMES: Readonly<Record<DType, string>> = {
  float16: "F16",
  bfloat16: "BF16",
  float32: "F32",
  float64: "F64",
  int8: "I8",
  int16: "I16",
  int32: "I32",
  int64: "I64",
  uint8: "U8",
  uint16: "U16",
  uint32: "U32",
  uint64: "U64",
  bool: "BOOL",
};
const BY_NAME = new Map((Object.keys(NAMES) as DType[]).map((dtype) => [NAMES[dtype], dtype]));
/** The format's own limit. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads a safetensors file: a length, a JSON header, and the elements, little-endian and row-major.
 *
 * @throws CheckpointError for damaged or unsupported files
 */
export async function readSafetensors(source: CheckpointSource, options: ReadOptions = {}): Promise<SafetensorsFile> {
  checkKnownOptions("readSafetensors", options, ["maxBytes"]);
  return named("readSafetensors", () =>
    withSource(source, async (file) => {
      const budget = Budget.forFile(file.size, options.maxBytes);
      const length = new Cursor(await file.read(0, 8)).count64();
      if (length > LONGEST_HEADER || 8 + length > file.size) {
        throw new CheckpointError(
          `expected a safetensors header within the file of ${file.size} bytes, got one of ${length} bytes.`,
          0,
        );
      }
      const header = parseHeader(new Cursor(await file.read(8, length), 8).text(length));
      const tensors = new Map<string, TensorData>();
      let metadata = new Map<string, string>();
      for (const [name, entry] of Object.entries(header)) {
        if (name === "__metadata__") metadata = readMetadata(entry);
        else tensors.set(name, await readTensor(file, name, entry, 8 + length, budget));
      }
      return { tensors, metadata };
    }),
  );
}

function parseHeader(text: string): object {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`expected a JSON header: ${(cause as Error).message}.`, 8, { cause });
  }
  if (typeof header === "object" && header !== null && !Array.isArray(header)) return header;
  throw new CheckpointError("expected the header to be a JSON object.", 8);
}

function readMetadata(entry: unknown): Map<string, string> {
  const pairs = typeof entry === "object" && entry !== null ? Object.entries(entry) : [];
  return new Map(pairs.filter((pair): pair is [string, string] => typeof pair[1] === "string"));
}

async function readTensor(file: ByteSource, name: string, entry: unknown, base: number, budget: Budget): Promise<TensorData> {
  const {
    dtype: typeName,
    shape,
    data_offsets: range,
  } = (entry ?? {}) as { dtype?: unknown; shape?: unknown; data_offsets?: unknown };
  const dtype = BY_NAME.get(String(typeof typeName === "string" ? typeName : ""));
  if (!dtype)
    throw new CheckpointError(
      `tensor ${describe(name)}: expected a type of ${[...BY_NAME.keys()].join(", ")}, got ${describe(typeName)}.`,
      8,
    );
  if (!Array.isArray(shape) || !Array.isArray(range) || !range.every(Number.isSafeInteger)) {
    throw new CheckpointError(`tensor ${describe(name)}: expected a shape and data_offsets.`, 8);
  }
  const count = elementCount(shape, 8);
  const [start, end] = range as [number, number];
  const bytes = count * dtypes[dtype].itemSize;
  if (range.length !== 2 || start < 0 || end - start !== bytes || base + end > file.size) {
    throw new CheckpointError(
      `tensor ${describe(name)} of ${bytes} bytes does not fit data_offsets [${range.slice(0, 2).join(", ")}].`,
      8,
    );
  }
  budget.charge(memorySize(dtype, count), `tensor ${describe(name)}`, base + start);
  const data = await decodeElements(pieces(file, base + start, bytes), dtype, count, false, base + start);
  return { dtype, shape: [...(shape as number[])], data };
}

/**
 * A safetensors file. 16-bit floats are rounded to nearest even from the Float32Array that holds them.
 *
 * @param tensors by name, in the order in which they are to be written
 * @param metadata free text by key
 * @throws CheckpointError when a tensor's elements do not fit its shape and dtype
 */
export function writeSafetensors(
  tensors: ReadonlyMap<string, TensorData> | Readonly<Record<string, TensorData>>,
  metadata: ReadonlyMap<string, string> | Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const list: [string, TensorData][] = tensors instanceof Map ? [...tensors] : Object.entries(tensors);
  const texts = metadata instanceof Map ? [...metadata] : Object.entries(metadata);
  const header: [string, unknown][] = texts.length ? [["__metadata__", Object.fromEntries(texts)]] : [];
  let end = 0;
  const elements = list.map(([name, tensor]) => {
    if (name === "__metadata__")
      throw new CheckpointError(`expected another name of a tensor than ${name}.`, undefined, { caller: "writeSafetensors" });
    const bytes = encodeElements("writeSafetensors", `tensor ${describe(name)}`, tensor);
    header.push([name, { dtype: NAMES[tensor.dtype], shape: tensor.shape, data_offsets: [end, end + bytes.length] }]);
    end += bytes.length;
    return bytes;
  });
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  // Elements start at a multiple of 8 bytes: readers may map them in place.
  const headerSize = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + headerSize + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(headerSize), true);
  file.fill(32, 8, 8 + headerSize);
  file.set(json, 8);
  let at = 8 + headerSize;
  for (const bytes of elements) {
    file.set(bytes, at);
    at += bytes.length;
  }
  return file;
}
