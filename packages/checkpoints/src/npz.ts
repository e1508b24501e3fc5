import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { Budget } from "./budget.js";
import { dtypes, elementCount, type TensorData } from "./dtypes.js";
import { CheckpointError, named } from "./errors.js";
import { decodeNpy, LONGEST_HEADER, type NpyHeader, parseNpyHeader } from "./npy.js";
import { type ReadOptions, readReadOptions } from "./read-options.js";
import { type ByteSource, type CheckpointSource, openSource } from "./source.js";
import { ZipArchive, type ZipEntry } from "./zip.js";

const SLICES = {
  /** Rows (entries of the first axis) a slice has; the last one may have fewer. Default: about 16 MiB of them. */
  rows: { optional: true, min: 1, integer: true },
  /** First row. Default 0. */
  start: { default: 0, min: 0, integer: true },
  /** Row behind the last. Default: all. */
  end: { optional: true, min: 0, integer: true },
  /**
   * Another shape of as many elements to slice by, for arrays whose first axis is short: MPI3D's
   * [6, 6, 2, 3, 3, 40, 40, 64, 64, 3] as [1036800, 64, 64, 3].
   */
  shape: { optional: true, is: isShape, expected: "a shape of integers ≥ 0" },
} as const satisfies DeclaredOptions;

export interface SliceOptions extends GivenOptions<typeof SLICES> {}

/** Rows [start, start + tensor.shape[0]) of an array. */
export interface Slice {
  readonly start: number;
  readonly tensor: TensorData;
}

const DEFAULT_SLICE_BYTES = 1 << 24;
/** Smallest limit of memory for `read`: compressed arrays may well be many times their file. */
const MIN_READ_LIMIT = 1 << 26;

/**
 * An archive of arrays (`numpy.savez`, `numpy.savez_compressed`) that is read in slices: memory holds one slice, however large the array.
 * Stored members are read in place at any row; deflated ones are decompressed from their beginning.
 */
export class NpzFile {
  readonly #source: ByteSource;
  readonly #zip: ZipArchive;
  readonly #headers = new Map<string, NpyHeader>();

  private constructor(source: ByteSource, zip: ZipArchive) {
    this.#source = source;
    this.#zip = zip;
  }

  /** Opens an archive; `close` it when done. */
  static async open(source: CheckpointSource): Promise<NpzFile> {
    return named("NpzFile.open", async () => {
      const file = await openSource(source);
      try {
        return new NpzFile(file, await ZipArchive.open(file, Budget.forFile(file.size, undefined)));
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  /** Names of the arrays. */
  get names(): string[] {
    return [...this.#zip.entries.keys()].filter((name) => name.endsWith(".npy")).map((name) => name.slice(0, -".npy".length));
  }

  /** Element type and shape of an array, without its elements. */
  async header(name: string): Promise<NpyHeader> {
    return named("NpzFile.header", () => this.#header(name));
  }

  /** Byte of the archive at which an array's first element lies, for those who read elements in place; null where they are deflated. */
  async elementsOffset(name: string): Promise<number | null> {
    return named("NpzFile.elementsOffset", async () => {
      const { headerSize } = await this.#header(name);
      const entry = this.#entry(name);
      return entry.deflated ? null : (await this.#zip.dataOffset(entry)) + headerSize;
    });
  }

  /** A whole array. @param options.maxBytes default: 64 MiB, or four times the file if that is more */
  async read(name: string, options: ReadOptions = {}): Promise<TensorData> {
    const { maxBytes } = readReadOptions("NpzFile.read", options);
    return named("NpzFile.read", async () => {
      const header = await this.#header(name);
      const limit = maxBytes ?? Math.max(MIN_READ_LIMIT, 4 * this.#source.size);
      return decodeNpy(header, this.#zip.checked(this.#entry(name), header.headerSize), new Budget(limit));
    });
  }

  /** The array's rows, slice by slice, in order. Leaving the loop early is fine. */
  async *slices(name: string, options: SliceOptions = {}): AsyncGenerator<Slice> {
    const given = readOptions("NpzFile.slices", SLICES, options, CheckpointError);
    const header = await named("NpzFile.slices", () => this.#header(name));
    const shape = sliceShape(header, given.shape);
    const rowShape = shape.slice(1);
    const rowBytes = elementCount(rowShape) * dtypes[header.dtype].itemSize;
    const total = shape[0]!;
    const { start, end = total, rows = Math.max(1, Math.floor(DEFAULT_SLICE_BYTES / Math.max(rowBytes, 1))) } = given;
    if (start > end || end > total) refuseSlices(`expected start ≤ end ≤ ${total}, got ${start} and ${end}.`);
    const entry = this.#entry(name);
    // Only of a whole member is there a checksum.
    const bytes =
      end - start === total
        ? this.#zip.checked(entry, header.headerSize)
        : this.#zip.stream(entry, header.headerSize + start * rowBytes, (end - start) * rowBytes);
    const reader = new StreamReader(bytes);
    try {
      for (let row = start; row < end; row += rows) {
        const count = Math.min(rows, end - row);
        const slice = { ...header, shape: [count, ...rowShape] };
        const budget = new Budget(Number.POSITIVE_INFINITY);
        yield {
          start: row,
          tensor: await named("NpzFile.slices", () => decodeNpy(slice, reader.next(count * rowBytes), budget)),
        };
      }
    } finally {
      await bytes.return(undefined);
    }
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  #entry(name: string): ZipEntry {
    const entry = this.#zip.entries.get(`${name}.npy`);
    if (!entry) {
      const known = this.names.length > 0 ? `one of the arrays ${this.names.join(", ")}` : "an archive with arrays (x.npy)";
      throw new CheckpointError(`expected ${known}, got ${describeValue(name)}.`);
    }
    return entry;
  }

  async #header(name: string): Promise<NpyHeader> {
    const known = this.#headers.get(name);
    if (known) return known;
    const entry = this.#entry(name);
    const head: number[] = [];
    for await (const piece of this.#zip.stream(entry, 0, Math.min(entry.size, LONGEST_HEADER)))
      for (const byte of piece) head.push(byte);
    const header = parseNpyHeader(Uint8Array.from(head));
    const expected = header.headerSize + elementCount(header.shape) * dtypes[header.dtype].itemSize;
    if (expected !== entry.size) {
      throw new CheckpointError(
        `expected array ${name} of shape [${header.shape.join(", ")}] to take ${expected} bytes, got ${entry.size}.`,
      );
    }
    this.#headers.set(name, header);
    return header;
  }
}

/** Takes a stream apart at other places than where its pieces end. */
class StreamReader {
  readonly #stream: AsyncIterator<Uint8Array>;
  #rest: Uint8Array = new Uint8Array(0);

  constructor(stream: AsyncIterator<Uint8Array>) {
    this.#stream = stream;
  }

  async *next(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0; ) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#stream.next();
        if (done) return;
        this.#rest = value;
      }
      const used = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(used.length);
      left -= used.length;
      yield used;
    }
  }
}

function sliceShape(header: NpyHeader, shape: readonly number[] = header.shape): readonly number[] {
  if (header.columnMajor) refuseSlices("a column-major array has no rows to slice; use read.");
  const count = shape.reduce((product, length) => product * length, 1);
  if (shape.length === 0 || count !== elementCount(header.shape))
    refuseSlices(`expected a shape of as many elements as [${header.shape.join(", ")}], got [${shape.join(", ")}].`);
  return shape;
}

function refuseSlices(reason: string): never {
  throw new CheckpointError(reason, undefined, { caller: "NpzFile.slices" });
}

function isShape(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((length) => Number.isSafeInteger(length) && length >= 0);
}
