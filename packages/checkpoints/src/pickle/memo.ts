import { MOST_ENTRIES, SIZES } from "./sizes.js";

/**
 * The values that a pickle has put aside, by number. Picklers count from 0, so they are a list; numbers out of turn go into a map, as texts: engines
 * hash those with a secret, while a file could have numbers that all share one place.
 */
export class Memo {
  readonly #inTurn: unknown[] = [];
  readonly #others = new Map<string, unknown>();

  get size(): number {
    return this.#inTurn.length + this.#others.size;
  }

  get full(): boolean {
    return this.size >= MOST_ENTRIES;
  }

  has(index: number): boolean {
    return this.#isInTurn(index) || this.#others.has(nameOf(index));
  }

  get(index: number): unknown {
    return this.#isInTurn(index) ? this.#inTurn[index] : this.#others.get(nameOf(index));
  }

  /** Bytes that an entry of this number would take; 0 where it is there already. */
  cost(index: number): number {
    if (this.has(index)) return 0;
    return index === this.#inTurn.length ? SIZES.memo : SIZES.memoOutOfTurn;
  }

  set(index: number, value: unknown): void {
    if (this.#isInTurn(index)) this.#inTurn[index] = value;
    else if (index === this.#inTurn.length && !this.#others.has(nameOf(index))) this.#inTurn.push(value);
    else this.#others.set(nameOf(index), value);
  }

  #isInTurn(index: number): boolean {
    return index >= 0 && index < this.#inTurn.length;
  }
}

/** Not a number's own text, which some engines hash as the number. */
const nameOf = (index: number) => `#${index}`;
