import type { NumberTree } from "../input/numbers-like.js";
import { type Tree, unflatten } from "../state/tree.js";

/** One X for each number of a tree of numbers and Float64Arrays, nested as it: X for a number, X[] for a Float64Array. */
export type ForEachNumber<P, X> = P extends number
  ? X
  : P extends Float64Array
    ? X[]
    : { -readonly [K in keyof P]: ForEachNumber<P[K], X> };

/** Values, one for each number of a tree in its order, nested as it. */
export function forEachNumber(
  { structure, leaves }: Pick<NumberTree, "structure" | "leaves">,
  values: readonly unknown[],
): unknown {
  let next = 0;
  const parts = leaves.map((leaf) => (typeof leaf === "number" ? values[next++] : Array.from(leaf, () => values[next++])));
  return unflatten(structure, parts as Tree<unknown>[]);
}
