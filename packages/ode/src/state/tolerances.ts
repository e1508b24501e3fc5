import { describeValue, isTensor } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { refuseDisposed } from "./disposed.js";
import { asRecords, flatten, type Tree, type TreeStructure } from "./tree.js";

/** A tolerance of each leaf of a state: one for all its elements, or one each. */
export type LeafTolerances = readonly (number | Float64Array)[];

/** An error test of the user's own: tolerances nested as the state, or a norm. */
export interface OwnErrorTest {
  readonly rtol: unknown;
  readonly atol: unknown;
  /** Norm of the scaled error, a state. Default: the largest member's RMS. */
  readonly norm: ((error: unknown) => unknown) | undefined;
}

const isTolerance = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value) && value >= 0;

/**
 * Tolerances by leaf: a number stands for everything below it; else they nest as the state, with a number, array or tensor for each leaf.
 *
 * @param sizes numbers of elements of the leaves
 */
export function tolerancesByLeaf(
  caller: string,
  name: "rtol" | "atol",
  given: unknown,
  structure: TreeStructure,
  sizes: readonly number[],
): LeafTolerances {
  const result: (number | Float64Array)[] = [];
  const visit = (node: TreeStructure, value: unknown): void => {
    const isNumber = isTolerance(value);
    if (isTensor(value)) refuseDisposed(caller, name, value);
    const members = (isTensor(value) ? value.dataSync() : value) as Readonly<Record<string, unknown>>;
    const keys = typeof members === "object" && members !== null ? Object.keys(members) : [];
    const size = node.kind === "leaf" ? sizes[result.length] : node.children.length;
    const fits =
      node.kind === "record"
        ? node.keys.every((key) => keys.includes(key))
        : keys.every((key, i) => key === `${i}`) && (node.kind === "array" || keys.every((key) => isTolerance(members[key])));
    if (!isNumber && !(fits && keys.length === size)) {
      throw new OdeError(
        `${caller}: expected ${name} to be a finite number ≥ 0, or nested as y0 with one for each part or number in it, got ${describeValue(value)}.`,
      );
    }
    if (node.kind === "leaf") result.push(isNumber ? value : Float64Array.from(Object.values(members) as number[]));
    else
      for (const [i, child] of node.children.entries())
        visit(child, isNumber ? value : members[node.kind === "record" ? node.keys[i]! : i]);
  };
  visit(structure, given);
  return result;
}

/** The smallest number in a tolerance of any nesting: what stands for it where only one number is asked. */
export function smallestTolerance(caller: string, name: string, given: unknown): number {
  const origin = { caller, name };
  const numbers = flatten(asRecords(given, origin) as Tree<unknown>, origin).leaves.flatMap((leaf) => {
    if (isTensor(leaf)) refuseDisposed(caller, name, leaf);
    const values = isTensor(leaf) ? leaf.dataSync() : leaf;
    return ArrayBuffer.isView(values) ? Array.from(values as Float64Array) : [typeof values === "number" ? values : Number.NaN];
  });
  return numbers.reduce((smallest, value) => Math.min(smallest, value), Number.POSITIVE_INFINITY);
}
