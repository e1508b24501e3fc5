import { Inflate } from "fflate";
import type { Budget } from "./budget.js";
import { crc32 } from "./crc32.js";
import { pieces } from "./elements.js";
import { CheckpointError, describe } from "./errors.js";
import { Cursor } from "./pickle/cursor.js";
import type { ByteSource } from "./source.js";

/** A member of an archive. */
export interface ZipEntry {
  readonly name: string;
  /** Bytes after decompression, as the directory claims. */
  readonly size: number;
  readonly compressedSize: number;
  readonly deflated: boolean;
  readonly crc32: number;
  /** Offset of the local header. */
  readonly headerOffset: number;
}

/** Bytes that an entry of the directory takes in memory, its name apart. */
const ENTRY_SIZE = 256;
const END_SIZE = 22;
const CENTRAL_SIZE = 46;
const LOCAL_SIZE = 30;
/** Deflate can't shrink data further than this. */
const BEST_RATIO = 1032;
/** Compressed bytes given to the inflater at once: they can become 1032 times as many. */
const INFLATE_STEP = 4096;

/** Reads zip and zip64 archives with stored or deflated members, from their central directory. */
export class ZipArchive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly #source: ByteSource;
  /** Whether the directory has checksums: PyTorch can be told to write 0 for all of them. */
  readonly #hasChecksums: boolean;

  private constructor(source: ByteSource, entries: Map<string, ZipEntry>, hasChecksums: boolean) {
    this.#source = source;
    this.entries = entries;
    this.#hasChecksums = hasChecksums;
  }

  /** @param options.zeroChecksums an archive all of whose CRC-32s are 0 has none (`torch.serialization.set_crc32_options(False)`) */
  static async open(source: ByteSource, budget: Budget, options: { zeroChecksums?: boolean } = {}): Promise<ZipArchive> {
    const directory = await findDirectory(source);
    const { offset, size, count } = directory;
    if (offset + size > source.size)
      throw new CheckpointError(`the zip directory lies outside the file of ${source.size} bytes.`, offset);
    if (count * CENTRAL_SIZE > size)
      throw new CheckpointError(`a zip directory of ${size} bytes can't list ${count} members.`, offset);
    budget.chargeValues(size, "the zip directory", offset);
    const cursor = new Cursor(await source.read(offset, size), offset);
    const entries = new Map<string, ZipEntry>();
    for (let i = 0; i < count; i++) {
      const entry = readCentralEntry(cursor, source.size);
      budget.chargeValues(ENTRY_SIZE + 2 * entry.name.length, "the zip directory", offset);
      // Readers differ in which of two members they take: a file that is safe for one may not be what another reads.
      if (entries.has(entry.name))
        throw new CheckpointError(`zip member ${describe(entry.name)} stands twice in the archive.`, offset);
      entries.set(entry.name, entry);
    }
    const hasChecksums = !options.zeroChecksums || [...entries.values()].some((entry) => entry.crc32 !== 0);
    return new ZipArchive(source, entries, hasChecksums);
  }

  /** Offset in the file of a member's first byte. */
  async dataOffset(entry: ZipEntry): Promise<number> {
    const header = new Cursor(await this.#source.read(entry.headerOffset, LOCAL_SIZE), entry.headerOffset);
    if (header.uint32() !== 0x04034b50)
      throw new CheckpointError(`expected the header of zip member ${entry.name}.`, entry.headerOffset);
    header.position = 26;
    const [nameLength, extraLength] = [header.uint16(), header.uint16()];
    const own = await this.#source.read(entry.headerOffset + LOCAL_SIZE, nameLength);
    const name = new TextEncoder().encode(entry.name);
    // Readers differ in which of two names they go by, as of two members of one name.
    if (own.length !== name.length || !own.every((byte, i) => byte === name[i]))
      throw new CheckpointError(`zip member ${describe(entry.name)} has another name in its own header.`, entry.headerOffset);
    const start = entry.headerOffset + LOCAL_SIZE + nameLength + extraLength;
    if (start + entry.compressedSize > this.#source.size) {
      throw new CheckpointError(`zip member ${entry.name} reaches beyond the end of the file.`, entry.headerOffset);
    }
    return start;
  }

  /** A member's bytes in pieces, decompressed; from byte `start` on when given (a deflated one is decompressed up to there). */
  async *stream(entry: ZipEntry, start = 0, length = entry.size - start): AsyncGenerator<Uint8Array> {
    const offset = await this.dataOffset(entry);
    if (!entry.deflated) yield* pieces(this.#source, offset + start, length);
    else yield* skip(inflate(this.#source, entry, offset), start, length);
  }

  /** A member's bytes from `start` on to its end. All of them are read, and their CRC-32 must be that of the directory. */
  async *checked(entry: ZipEntry, start: number): AsyncGenerator<Uint8Array> {
    let sum = 0;
    let position = 0;
    for await (const piece of this.stream(entry)) {
      if (this.#hasChecksums) sum = crc32(piece, sum);
      const from = Math.max(0, start - position);
      position += piece.length;
      // Before the last piece is given: whoever has all of the elements asks no more.
      if (position === entry.size) this.#compare(entry, sum);
      if (from < piece.length) yield piece.subarray(from);
    }
  }

  /** A member as a whole, its CRC-32 checked. The caller has checked that its size is acceptable. */
  async read(entry: ZipEntry): Promise<Uint8Array> {
    if (!entry.deflated) {
      const bytes = await this.#source.read(await this.dataOffset(entry), entry.size);
      if (this.#hasChecksums) this.#compare(entry, crc32(bytes));
      return bytes;
    }
    const bytes = new Uint8Array(entry.size);
    let at = 0;
    for await (const part of this.checked(entry, 0)) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  #compare(entry: ZipEntry, sum: number): void {
    if (!this.#hasChecksums || sum === entry.crc32) return;
    throw new CheckpointError(
      `zip member ${describe(entry.name)} is damaged: its CRC-32 is not that of the directory.`,
      entry.headerOffset,
    );
  }
}

/** Decompresses a member; ends with an error unless it is exactly as long as the directory says. */
async function* inflate(source: ByteSource, entry: ZipEntry, offset: number): AsyncGenerator<Uint8Array> {
  const ready: Uint8Array[] = [];
  const inflater = new Inflate((piece) => void ready.push(piece));
  let produced = 0;
  for (let done = 0; done < entry.compressedSize; ) {
    const step = await source.read(offset + done, Math.min(INFLATE_STEP * 16, entry.compressedSize - done));
    for (let i = 0; i < step.length; i += INFLATE_STEP) {
      const last = done + i + INFLATE_STEP >= entry.compressedSize;
      try {
        // The inflater keeps what it is given until it is used.
        inflater.push(step.slice(i, i + INFLATE_STEP), last);
      } catch (cause) {
        throw new CheckpointError(`zip member ${entry.name} is damaged: ${(cause as Error).message}.`, offset + done + i, {
          cause,
        });
      }
      for (const piece of ready.splice(0)) {
        produced += piece.length;
        if (produced > entry.size)
          throw new CheckpointError(`zip member ${entry.name} is longer than its ${entry.size} bytes.`, offset + done + i);
        if (piece.length > 0) yield piece;
      }
    }
    done += step.length;
  }
  if (produced !== entry.size)
    throw new CheckpointError(`expected ${entry.size} bytes in zip member ${entry.name}, got ${produced}.`, offset);
}

/** The bytes [start, start + length) of a stream. */
async function* skip(stream: AsyncIterable<Uint8Array>, start: number, length: number): AsyncGenerator<Uint8Array> {
  let position = 0;
  const end = start + length;
  for await (const piece of stream) {
    const from = Math.max(start - position, 0);
    const to = Math.min(end - position, piece.length);
    position += piece.length;
    if (from < to) yield piece.subarray(from, to);
    if (position >= end) return;
  }
}

/** Finds the end-of-directory record (behind it only a comment of at most 65535 bytes) and its 64-bit form. */
async function findDirectory(source: ByteSource): Promise<{ offset: number; size: number; count: number }> {
  const tailSize = Math.min(source.size, END_SIZE + 65535);
  const tail = await source.read(source.size - tailSize, tailSize);
  const base = source.size - tailSize;
  for (let at = tailSize - END_SIZE; at >= 0; at--) {
    if (tail[at] !== 0x50 || tail[at + 1] !== 0x4b || tail[at + 2] !== 5 || tail[at + 3] !== 6) continue;
    const cursor = new Cursor(tail, base);
    cursor.position = at + 10;
    const end = { count: cursor.uint16(), size: cursor.uint32(), offset: cursor.uint32() };
    const is64 = end.count === 0xffff || end.size === 0xffffffff || end.offset === 0xffffffff;
    return is64 ? findDirectory64(source, base + at - 20) : end;
  }
  throw new CheckpointError("expected the end of a zip archive: the file is cut off or no zip file.", source.size);
}

async function findDirectory64(
  source: ByteSource,
  locatorOffset: number,
): Promise<{ offset: number; size: number; count: number }> {
  if (locatorOffset < 0) throw new CheckpointError("expected a zip64 locator.", 0);
  const locator = new Cursor(await source.read(locatorOffset, 20), locatorOffset);
  if (locator.uint32() !== 0x07064b50) throw new CheckpointError("expected a zip64 locator.", locatorOffset);
  locator.position = 8;
  const at = locator.count64();
  const end = new Cursor(await source.read(at, 56), at);
  if (end.uint32() !== 0x06064b50) throw new CheckpointError("expected a zip64 end of directory.", at);
  end.position = 32;
  return { count: end.count64(), size: end.count64(), offset: end.count64() };
}

function readCentralEntry(cursor: Cursor, fileSize: number): ZipEntry {
  const at = cursor.offset;
  if (cursor.uint32() !== 0x02014b50) throw new CheckpointError("expected an entry of the zip directory.", at);
  cursor.take(4);
  const flags = cursor.uint16();
  const method = cursor.uint16();
  cursor.take(4);
  const crc32 = cursor.uint32();
  let compressedSize = cursor.uint32();
  let size = cursor.uint32();
  const [nameLength, extraLength, commentLength] = [cursor.uint16(), cursor.uint16(), cursor.uint16()];
  cursor.take(8);
  let headerOffset = cursor.uint32();
  const name = cursor.text(nameLength);
  const extra = new Cursor(cursor.take(extraLength), cursor.offset - extraLength);
  while (extra.position + 4 <= extraLength) {
    const [id, length] = [extra.uint16(), extra.uint16()];
    const field = new Cursor(extra.take(length), extra.offset - length);
    if (id !== 1) continue;
    // Zip64: only the fields that did not fit, in this order.
    if (size === 0xffffffff) size = field.count64();
    if (compressedSize === 0xffffffff) compressedSize = field.count64();
    if (headerOffset === 0xffffffff) headerOffset = field.count64();
  }
  cursor.take(commentLength);
  if (flags & 1) throw new CheckpointError(`zip member ${name} is encrypted.`, at);
  if (method !== 0 && method !== 8)
    throw new CheckpointError(`zip member ${name} is compressed by method ${method}; known: stored, deflated.`, at);
  if (headerOffset + compressedSize > fileSize) throw new CheckpointError(`zip member ${name} does not fit into the file.`, at);
  const largest = method === 0 ? compressedSize : BEST_RATIO * compressedSize + 64;
  if (size > largest || (method === 0 && size < compressedSize)) {
    throw new CheckpointError(`zip member ${name} claims ${size} bytes from ${compressedSize}.`, at);
  }
  return { name, size, compressedSize, deflated: method === 8, crc32, headerOffset };
}
