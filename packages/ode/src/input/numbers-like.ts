import { describeValue } from "@latentflow/core";
import { OdeError } from "../errors.js";
import { asRecords, describeStructure, flatten, sameStructure, type Tree, type TreeStructure } from "../state/tree.js";

/** Numbers and Float64Arrays in a tree, checked. */
export interface NumberTree {
  readonly structure: TreeStructure;
  readonly leaves: readonly (number | Float64Array)[];
  /** All its numbers, one after the other. */
  readonly values: Float64Array;
}

/** Reads a tree of finite numbers and Float64Arrays. */
export function checkNumberTree(caller: string, name: string, given: unknown): NumberTree {
  const tree = readNumberTree(caller, name, given);
  const odd = tree.values.find((value) => !Number.isFinite(value));
  if (odd !== undefined) throw new OdeError(`${caller}: expected ${name} to hold finite numbers, got ${odd}.`);
  return tree;
}

function readNumberTree(caller: string, name: string, given: unknown): NumberTree {
  const origin = { caller, name };
  const { leaves, structure } = flatten(asRecords(given, origin) as Tree<unknown>, origin);
  const odd = leaves.findIndex((leaf) => typeof leaf !== "number" && !(leaf instanceof Float64Array));
  if (odd >= 0 || leaves.length === 0) {
    throw new OdeError(
      `${caller}: expected ${name} to be numbers and Float64Arrays, in arrays and records, got ${describeValue(odd >= 0 ? leaves[odd] : given)}.`,
    );
  }
  const numbers = leaves as (number | Float64Array)[];
  return {
    structure,
    leaves: numbers,
    values: Float64Array.from(numbers.flatMap((leaf) => (typeof leaf === "number" ? leaf : [...leaf]))),
  };
}

/**
 * One number for each of another tree's: nested as it, or one for all.
 *
 * @param fallback where nothing is given
 */
export function checkNumbersLike(caller: string, name: string, given: unknown, like: NumberTree, fallback: number): Float64Array {
  if (given === undefined || typeof given === "number") return like.values.map(() => given ?? fallback);
  const tree = readNumberTree(caller, name, given);
  const sizes = ({ leaves }: NumberTree) => leaves.map((leaf) => (typeof leaf === "number" ? 0 : leaf.length)).join();
  if (sameStructure(tree.structure, like.structure) && sizes(tree) === sizes(like)) return tree.values;
  throw new OdeError(
    `${caller}: expected ${name} to be one number, or nested as the parameters (${describeStructure(like.structure)}) with as many numbers, got ${describeStructure(tree.structure)}.`,
  );
}
