import type { NumberKeys } from "./number-keys.js";

/** What the parts of a pickle's machine are held to: they pay for what grows before it does, and end with the place in the file. */
export interface Ledger {
  readonly numberKeys: NumberKeys;
  charge(bytes: number, what: string): void;
  fail(reason: string): never;
}
