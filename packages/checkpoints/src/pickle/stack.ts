import type { Ledger } from "./ledger.js";
import { MOST_ENTRIES, SIZES } from "./sizes.js";

const MARK = Symbol("mark");

/** The stack that a pickle's opcodes work on: values, and marks where lists of them begin. */
export class Stack {
  readonly #ledger: Ledger;
  readonly #values: unknown[] = [];
  #deepest = 0;

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  push(value: unknown): void {
    if (this.#values.push(value) <= this.#deepest) return;
    this.#deepest = this.#values.length;
    if (this.#deepest > MOST_ENTRIES) this.#ledger.fail("the pickle's stack is deeper than any file needs.");
    this.#ledger.charge(SIZES.stackSlot, "the pickle's stack");
  }

  mark(): void {
    this.push(MARK);
  }

  pop(): unknown {
    if (this.#values.length === 0) this.#ledger.fail("the pickle takes a value from its empty stack.");
    const value = this.#values.pop();
    if (value === MARK) this.#ledger.fail("the pickle uses a mark as a value.");
    return value;
  }

  top(): unknown {
    const at = this.#values.length - 1;
    if (at < 0 || this.#values[at] === MARK) this.#ledger.fail("the pickle takes a value from its empty stack.");
    return this.#values[at];
  }

  /** A tuple of the topmost `count` values. */
  popMany(count: number): unknown[] {
    this.#ledger.charge(SIZES.list + SIZES.exactItem * count, "a tuple");
    const values = new Array<unknown>(count);
    for (let i = count - 1; i >= 0; i--) values[i] = this.pop();
    return values;
  }

  /** A list of the values above the topmost mark. */
  popToMark(): unknown[] {
    const mark = this.#markPosition();
    this.#ledger.charge(SIZES.list + SIZES.exactItem * (this.#values.length - mark), "a list or tuple");
    const items = this.#values.slice(mark + 1);
    this.#values.length = mark;
    return items;
  }

  /** Forgets the values above the topmost mark. */
  dropToMark(): void {
    this.#values.length = this.#markPosition();
  }

  #markPosition(): number {
    const mark = this.#values.lastIndexOf(MARK);
    if (mark < 0) this.#ledger.fail("the pickle closes a list that it never opened.");
    return mark;
  }
}
