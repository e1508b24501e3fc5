import { CheckpointError, EndOfDataError } from "../errors.js";
import { LONGEST_TEXT } from "./literals.js";

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function utf8Text(bytes: Uint8Array, offset: number): string {
  if (bytes.length > LONGEST_TEXT) throw new CheckpointError(`expected a text, got one of ${bytes.length} bytes.`, offset);
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CheckpointError("expected UTF-8 text.", offset, { cause });
  }
}

/** Reads a byte array from front to back; every read is checked against its end. */
export class Cursor {
  position = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #base: number;

  /** @param base offset of the first byte within the file, for messages */
  constructor(bytes: Uint8Array, base = 0) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#base = base;
  }

  /** Place in the file, for messages. */
  get offset(): number {
    return this.#base + this.position;
  }

  /** A view of the next `count` bytes. */
  take(count: number): Uint8Array {
    const start = this.#advance(count);
    return this.#bytes.subarray(start, start + count);
  }

  uint8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.#advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  /** A 64-bit count: no file holds 2^53 of anything. */
  count64(): number {
    const at = this.offset;
    const value = this.#view.getBigUint64(this.#advance(8), true);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new CheckpointError(`expected a count, got ${value}.`, at);
    return Number(value);
  }

  float64BigEndian(): number {
    return this.#view.getFloat64(this.#advance(8), false);
  }

  text(count: number): string {
    const at = this.offset;
    return utf8Text(this.take(count), at);
  }

  /** Text up to the next line feed, which is consumed and not part of it. */
  line(): string {
    const end = this.#bytes.indexOf(10, this.position);
    if (end < 0) throw new EndOfDataError("expected a line of text, but it never ends.", this.offset);
    const text = this.text(end - this.position);
    this.position = end + 1;
    return text;
  }

  #advance(count: number): number {
    const start = this.position;
    if (count > this.#bytes.length - start) {
      throw new EndOfDataError(`expected ${count} more bytes, got ${this.#bytes.length - start}.`, this.offset);
    }
    this.position = start + count;
    return start;
  }
}
