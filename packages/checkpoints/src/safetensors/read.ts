import { Budget } from "../budget.js";
import { type DType, dtypes, elementCount, memorySize, type TensorData, type TypedArray } from "../dtypes.js";
import { decodeElements, pieces } from "../elements.js";
import { CheckpointError, describe, named } from "../errors.js";
import { Cursor } from "../pickle/cursor.js";
import { type ReadOptions, readReadOptions } from "../read-options.js";
import { type ByteSource, type CheckpointSource, withSource } from "../source.js";
import { type HeaderEntry, parseHeader } from "./header.js";
import { TYPE_BY_NAME } from "./type-names.js";

/** What a safetensors file holds. */
export interface SafetensorsFile {
  /** By name. Of a tensor whose element type is not known here, only the shape can be read: `dtype` and `data` throw a CheckpointError. */
  readonly tensors: Map<string, TensorData>;
  /** Free text by key. */
  readonly metadata: Map<string, string>;
}

/** The format's own limit. */
const LONGEST_HEADER = 100_000_000;

/**
 * Reads a safetensors file: a length, a JSON header, and the elements, little-endian and row-major. Floats of 8 and 16 bits are widened to
 * float32. Tensors of other types that this package does not know (C64, F4, …) are refused when their elements are asked for, or at once
 * where the file holds no others.
 *
 * @throws CheckpointError for damaged or unsupported files
 */
export async function readSafetensors(source: CheckpointSource, options: ReadOptions = {}): Promise<SafetensorsFile> {
  const { maxBytes } = readReadOptions("readSafetensors", options);
  return named("readSafetensors", () =>
    withSource(source, async (file) => {
      const budget = Budget.forFile(file.size, maxBytes);
      await requireSafetensors(file);
      const length = new Cursor(await file.read(0, 8)).count64();
      if (length > LONGEST_HEADER || 8 + length > file.size) {
        throw new CheckpointError(
          `expected a safetensors header within the file of ${file.size} bytes, got one of ${length} bytes.`,
          0,
        );
      }
      // Its bytes, and as a text of two bytes a character.
      budget.chargeValues(3 * length, "the header", 8);
      const text = new Cursor(await file.read(8, length), 8).text(length);
      const { tensors: entries, metadata } = parseHeader(text, 8, budget);
      requireGapless([...entries.values()], file.size - 8 - length);
      requireKnown([...entries.values()]);
      const tensors = new Map<string, TensorData>();
      for (const [name, entry] of entries) tensors.set(name, await readTensor(file, entry, 8 + length, budget));
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
function requireGapless(entries: HeaderEntry[], size: number): void {
  entries.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const entry of entries) {
    const { name, start, end } = entry;
    const dtype = TYPE_BY_NAME.get(entry.type);
    const bytes = dtype && elementCount(entry.shape, 8) * dtypes[dtype].itemSize;
    if (end < start || end > size || (bytes !== undefined && bytes !== end - start)) {
      const what = bytes === undefined ? "" : ` of ${bytes} bytes`;
      throw new CheckpointError(`tensor ${describe(name)}${what} does not fit data_offsets [${start}, ${end}].`, 8);
    }
    if (start !== at) {
      const fault = start < at ? "overlaps the one before" : `leaves a gap of ${start - at} bytes before it`;
      throw new CheckpointError(`tensor ${describe(name)} ${fault}, which the format forbids.`, 8);
    }
    at = end;
  }
  if (at !== size) throw new CheckpointError(`expected the tensors to fill ${size} bytes, got ${at}.`, 8);
}

/** A file of which no tensor can be read is refused at once. */
function requireKnown(entries: readonly HeaderEntry[]): void {
  if (entries.length > 0 && entries.every(({ type }) => !TYPE_BY_NAME.has(type)))
    throw new CheckpointError(unknownType(entries[0]!), 8);
}

function unknownType({ name, type }: HeaderEntry): string {
  return `tensor ${describe(name)}: expected a type of ${[...TYPE_BY_NAME.keys()].join(", ")}, got ${describe(type)}.`;
}

async function readTensor(file: ByteSource, entry: HeaderEntry, base: number, budget: Budget): Promise<TensorData> {
  const dtype = TYPE_BY_NAME.get(entry.type);
  if (!dtype) return new UnknownTensor(entry);
  const { name, shape, start, end } = entry;
  const count = elementCount(shape, 8);
  budget.charge(memorySize(dtype, count), `tensor ${describe(name)}`, base + start);
  const data = await decodeElements(pieces(file, base + start, end - start), dtype, count, false, base + start);
  return { dtype, shape, data };
}

/** A tensor of a type that this package does not know: the rest of its file can be read. */
class UnknownTensor implements TensorData {
  readonly shape: readonly number[];
  readonly #reason: string;

  constructor(entry: HeaderEntry) {
    this.shape = entry.shape;
    this.#reason = unknownType(entry);
  }

  get dtype(): DType {
    return this.#refuse();
  }

  get data(): TypedArray {
    return this.#refuse();
  }

  #refuse(): never {
    throw new CheckpointError(this.#reason, 8, { caller: "readSafetensors" });
  }
}
