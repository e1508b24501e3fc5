import { CheckpointError } from "./error.js";

/**
 * Memory a file may make the reader allocate. Whatever can grow without the file growing (widened floats, strided copies, decompression,
 * one value used many times) is charged before it is allocated.
 */
export class Budget {
  #left: number;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
    this.#left = limit;
  }

  /** Two and a half times the file (float16 doubles), and a little for small files. */
  static forFile(size: number, maxBytes: number | undefined): Budget {
    return new Budget(maxBytes ?? 2.5 * size + 262144);
  }

  charge(bytes: number, what: string, offset?: number): void {
    this.#left -= bytes;
    if (this.#left >= 0) return;
    throw new CheckpointError(
      `${what} needs ${bytes} bytes, which brings the file above its limit of ${Math.floor(this.#limit)} bytes of memory. If you trust it, raise \`maxBytes\`.`,
      offset,
    );
  }
}
