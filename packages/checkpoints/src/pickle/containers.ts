import { describe } from "../errors.js";
import type { Ledger } from "./ledger.js";
import { MOST_ENTRIES, SIZES } from "./sizes.js";

/** Lists, sets and dicts while they grow: each pays for what is put into it. */

export function emptyList(ledger: Ledger): unknown[] {
  ledger.charge(SIZES.list, "a list or dict");
  return [];
}

export function emptyDict(ledger: Ledger): Map<unknown, unknown> {
  ledger.charge(SIZES.dict, "a list or dict");
  return new Map();
}

export function emptySet(ledger: Ledger): Set<unknown> {
  ledger.charge(SIZES.dict, "a list or dict");
  return new Set();
}

/** Adds items to a list or a set. */
export function append(ledger: Ledger, target: unknown, items: readonly unknown[]): void {
  if (target instanceof Set) addItems(ledger, target, items);
  else if (!Array.isArray(target)) ledger.fail(`the pickle appends to ${describe(target)}.`);
  else {
    checkRoom(ledger, target.length + items.length);
    ledger.charge(SIZES.item * items.length + (target.length === 0 ? SIZES.firstItems : 0), "the pickle's lists");
    for (const item of items) target.push(item);
  }
}

export function addItems(ledger: Ledger, target: Set<unknown>, items: readonly unknown[]): Set<unknown> {
  checkRoom(ledger, target.size + items.length);
  ledger.charge(SIZES.entry * items.length, "the pickle's sets");
  for (const item of items) {
    ledger.numberKeys.charge(target, item);
    target.add(item);
  }
  return target;
}

/** Sets a dict's items: key, value, key, value, … */
export function setItems(ledger: Ledger, target: unknown, items: readonly unknown[]): Map<unknown, unknown> {
  if (!(target instanceof Map)) return ledger.fail(`the pickle sets an item of ${describe(target)}.`);
  if (items.length % 2 === 1) ledger.fail("the pickle gives a dict a key without a value.");
  checkRoom(ledger, target.size + items.length / 2);
  ledger.charge((SIZES.entry / 2) * items.length, "the pickle's dicts");
  for (let i = 0; i < items.length; i += 2) {
    ledger.numberKeys.charge(target, items[i]);
    target.set(items[i], items[i + 1]);
  }
  return target;
}

function checkRoom(ledger: Ledger, entries: number): void {
  if (entries > MOST_ENTRIES)
    ledger.fail(`the pickle makes a list, set or dict of ${entries} entries, more than any file needs.`);
}
