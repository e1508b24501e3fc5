/** Numeric keys that a dict or set was given. */
interface KeyRange {
  count: number;
  /** The integers' range; all numbers, where there are others. */
  low: number;
  high: number;
}

/** Bytes that looking at one entry counts as: some nanoseconds, where a byte of the file has fifty. */
const BYTES_PER_LOOK = 0.5;

/**
 * What it costs to look for numbers in dicts and sets. Engines hash a text with a secret of the process, but a number as everybody knows, so a file can
 * have numbers that all share one place, where each is compared with all before it. Integers close together can't: a table has places enough for them.
 */
export class NumberKeys {
  readonly #given = new WeakMap<object, KeyRange>();
  readonly #pay: (bytes: number, what: string) => void;

  constructor(pay: (bytes: number, what: string) => void) {
    this.#pay = pay;
  }

  /** Pays for what looking for a key may cost, before it is put into a dict or set. */
  charge(container: object, key: unknown): void {
    if (typeof key !== "number" && typeof key !== "bigint") return;
    let given = this.#given.get(container);
    if (given === undefined) {
      given = { count: 0, low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
      this.#given.set(container, given);
    }
    const isInteger = Number.isInteger(key);
    given.low = isInteger ? Math.min(given.low, key as number) : Number.NEGATIVE_INFINITY;
    given.high = isInteger ? Math.max(given.high, key as number) : Number.POSITIVE_INFINITY;
    // A table has at least one place for two entries: so many of the range can share one.
    const sharing = (2 * (given.high - given.low + 1)) / Math.max(1, given.count);
    const looks = Math.min(given.count, sharing);
    given.count++;
    if (looks > 1) this.#pay(BYTES_PER_LOOK * looks, "looking for numbers in a dict or set");
  }
}
