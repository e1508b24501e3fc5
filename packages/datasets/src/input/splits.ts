import { SeededRandom } from "@latentflow/core";

/** Numbers of the pictures of each split, ascending. */
export type Splits = Readonly<Record<string, Int32Array>>;

const SPLIT_SEED = 0;
/** Part of the pictures that validation and test get, each. */
const HELD_OUT = 0.05;

/**
 * For data sets that come without splits: 90 % train, 5 % validation, 5 % test, drawn without regard to the labels from seed 0, so always the same.
 */
export function seededSplits(count: number): Splits {
  const order = new SeededRandom(SPLIT_SEED).permutation(count);
  const held = Math.min(Math.ceil(count * HELD_OUT), Math.floor(count / 3));
  return {
    train: order.slice(2 * held).sort(),
    validation: order.slice(0, held).sort(),
    test: order.slice(held, 2 * held).sort(),
  };
}

/** Splits from the name of each picture's own; undefined: in none. */
export function splitsBy(count: number, splitOf: (index: number) => string | undefined): Splits {
  const lists: Record<string, number[]> = {};
  for (let i = 0; i < count; i++) {
    const name = splitOf(i);
    if (name === undefined) continue;
    lists[name] ??= [];
    lists[name].push(i);
  }
  return Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, Int32Array.from(list)]));
}
