import { CheckpointError } from "./errors.js";

/** Bytes that a file's arrays may take, however small the file is. */
const SMALL_ARRAYS = 1 << 18;
/** Bytes that its other values may take (dicts, lists, texts, names, and what every tensor takes beside its elements). */
const SMALL_VALUES = 12 << 20;
/** A file's values may be this many times as large as the file: floats of 8 bits become ones of 32. */
const TIMES_FILE = 4;

/**
 * Memory a file may make the reader allocate. Everything that grows is charged before it is allocated, at its size in V8 and with what growing
 * leaves behind; nothing is given back. So whoever reads a file of n bytes knows that it ends, soon, with less than 4 n and a few mebibytes.
 */
export class Budget {
  readonly #limit: number;
  #left: number;
  /** What values may take before they are paid from the common limit. */
  #valuesLeft = SMALL_VALUES;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /**
   * @param maxBytes what the caller asked for in place of four times the file
   * @param inMemory bytes of the file that have been read as they are
   */
  static forFile(size: number, maxBytes: number | undefined, inMemory = 0): Budget {
    return new Budget(maxBytes ?? TIMES_FILE * size - inMemory + SMALL_ARRAYS);
  }

  /** Pays for elements of arrays, and for copies of the file. */
  charge(bytes: number, what: string, offset?: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new CheckpointError(
      `${what} needs ${bytes} bytes, which brings the file above its limit of ${Math.floor(this.#limit)} bytes of memory. If you trust it, raise \`maxBytes\`.`,
      offset,
    );
  }

  /** Pays for values other than elements. */
  chargeValues(bytes: number, what: string, offset?: number): void {
    const free = Math.min(bytes, this.#valuesLeft);
    this.#valuesLeft -= free;
    if (bytes > free) this.charge(bytes - free, what, offset);
  }
}
