import type { NumberTree } from "../input/numbers-like.js";
import { type Tree, unflatten } from "../state/tree.js";

/** Numbers as a tree of numbers and Float64Arrays. */
export function presentParameters(tree: NumberTree, values: Float64Array): unknown {
  return unflatten(tree.structure, leavesOf(tree, values) as Tree<unknown>[]);
}

/** The same as its leaves. */
export function leavesOf({ leaves }: NumberTree, values: Float64Array): (number | Float64Array)[] {
  let next = 0;
  return leaves.map((leaf) => {
    if (typeof leaf === "number") return values[next++]!;
    next += leaf.length;
    return values.slice(next - leaf.length, next);
  });
}
