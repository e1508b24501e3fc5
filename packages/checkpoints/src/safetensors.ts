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
      await requireSafetensors(file);
      const length = new Cursor(await file.read(0, 8)).count64();
      if (length > LONGEST_HEADER || 8 + length > file.size) {
        throw new CheckpointError(
          `expected a safetensors header within the file of ${file.size} bytes, got one of ${length} bytes.`,
          0,
        );
      }
      const header = parseHeader(await file.read(8, length));
      const tensors = new Map<string, TensorData>();
      let metadata = new Map<string, string>();
      for (const [name, entry] of Object.entries(header)) {
        if (name === "__metadata__") metadata = readMetadata(entry);
        else tensors.set(name, await readTensor(file, name, entry, 8 + length, budget));
      }
      requireGapless(header, file.size - 8 - length);
      return { tensors, metadata };
    }),
  );
}

/** Says what else the file seems to be: a length of petabytes would help nobody. */
async function requireSafetensors(file: ByteSource): Promise<void> {
  const head = await file.read(0, Math.min(9, file.size));
  // Any bytes may be the length of a header: 640 and 60 are how a pickle and a page begin. Its brace tells.
  if (head[8] === 0x7b) return;
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  const other = starts(0x50, 0x4b)
    ? "a zip archive, as torch.save (readTorch) and numpy.savez (NpzFile) write"
    : starts(0x80, 2) || starts(0x80, 3) || starts(0x80, 4)
      ? "a pickle, as torch.save (readTorch) and NVlabs' files (readNvlabsPickle) have"
      : starts(0x93, 0x4e, 0x55, 0x4d)
        ? "an npy file (readNpy)"
        : starts(0x3c)
          ? "a page of HTML, as a failed download leaves"
          : undefined;
  if (other !== undefined) throw new CheckpointError(`expected a safetensors file, got ${other}.`, 0);
  if (head.length === 9)
    throw new CheckpointError("expected the header to be a JSON object, which starts with {; this is no safetensors file.", 8);
}

/** The format allows no bytes that belong to no tensor, and none that belong to two. */
function requireGapless(header: object, size: number): void {
  const ranges = Object.entries(header).flatMap(([name, entry]) => {
    const range = (entry as { data_offsets?: unknown } | null)?.data_offsets;
    if (name === "__metadata__" || !Array.isArray(range)) return [];
    return [{ name, start: Number(range[0]), end: Number(range[1]) }];
  });
  ranges.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, start, end } of ranges) {
    if (start !== at) {
      const fault = start < at ? "overlaps the one before" : `leaves a gap of ${start - at} bytes before it`;
      throw new CheckpointError(`tensor ${describe(name)} ${fault}, which the format forbids.`, 8);
    }
    at = end;
  }
  if (at !== size) throw new CheckpointError(`expected the tensors to fill ${size} bytes, got ${at}.`, 8);
}

/** Names that stand twice on the first level, which JSON.parse would let the last one win. */
function repeatedKey(text: string): string | undefined {
  const seen = new Set<string>();
  let depth = 0;
  const tokens = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (const [token, colon] of text.matchAll(tokens)) {
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && colon !== undefined) {
      const key = JSON.parse(token.slice(0, -colon.length)) as string;
      if (seen.has(key)) return key;
      seen.add(key);
    }
  }
  return undefined;
}

function parseHeader(bytes: Uint8Array): object {
  const text = new Cursor(bytes, 8).text(bytes.length);
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(`expected a JSON header: ${(cause as Error).message}.`, 8, { cause });
  }
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new CheckpointError(`tensor ${describe(repeated)} stands twice in the header.`, 8);
  if (typeof header === "object" && header !== null && !Array.isArray(header)) return header;
  throw new CheckpointError("expected the header to be a JSON object.", 8);
}

function readMetadata(entry: unknown): Map<string, string> {
  const isObject = typeof entry === "object" && entry !== null && !Array.isArray(entry);
  const pairs: [string, unknown][] = isObject ? Object.entries(entry) : [];
  if (!isObject || pairs.some(([, value]) => typeof value !== "string"))
    throw new CheckpointError("expected __metadata__ to hold texts by name.", 8);
  return new Map(pairs as [string, string][]);
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
 * A safetensors file. 16-bit floats are rounded to nearest even from the Float32Array that holds them. Tensors are written from the widest
 * elements to the narrowest, then by name, as the format's own writer does: so each starts at a multiple of its element's size.
 *
 * @param tensors by name
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
  list.sort(([a, x], [b, y]) => dtypes[y.dtype].itemSize - dtypes[x.dtype].itemSize || (a < b ? -1 : Number(a > b)));
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
