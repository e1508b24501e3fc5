import { describeStructure, describeValue, isTensor, type TreeStructure } from "@latentflow/core";
import { OdeError } from "../errors.js";

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
  const wrong = (value: unknown, node: TreeStructure): OdeError =>
    new OdeError(
      `${caller}: expected ${name} to hold finite numbers ≥ 0, one for all of y0, or nested as it: ${describeStructure(node)}, got ${describeValue(value)}.`,
    );
  const visit = (node: TreeStructure, value: unknown): void => {
    if (isTolerance(value)) {
      if (node.kind === "leaf") result.push(value);
      else for (const child of node.children) visit(child, value);
      return;
    }
    if (typeof value !== "object" || value === null) throw wrong(value, node);
    const isList = Array.isArray(value) || ArrayBuffer.isView(value);
    if (node.kind === "leaf") {
      if (!isList && !isTensor(value)) throw wrong(value, node);
      const numbers = Float64Array.from(isTensor(value) ? value.dataSync() : (value as ArrayLike<number>));
      const size = sizes[result.length];
      if (numbers.length !== size)
        throw new OdeError(`${caller}: expected ${name} to be as long as y0, ${size}, got ${describeValue(value)}.`);
      if (!numbers.every(isTolerance))
        throw wrong(
          numbers.find((number) => !isTolerance(number)),
          node,
        );
      result.push(numbers);
      return;
    }
    const keys = node.kind === "record" ? node.keys : node.children.map((_, i) => String(i));
    if (node.kind === "array" && !isList) throw wrong(value, node);
    if (Object.keys(value).sort().join() !== [...keys].sort().join()) throw wrong(value, node);
    for (const [i, child] of node.children.entries()) visit(child, (value as Record<string, unknown>)[keys[i]!]);
  };
  visit(structure, given);
  return result;
}

/** The smallest number in a tolerance of any nesting: what stands for it where only one number is asked. */
export function smallestTolerance(given: unknown): number {
  if (typeof given === "number") return given;
  if (isTensor(given)) return smallestTolerance(given.dataSync());
  if (typeof given !== "object" || given === null) return Number.NaN;
  return Object.values(given).reduce(
    (smallest: number, value) => Math.min(smallest, smallestTolerance(value)),
    Number.POSITIVE_INFINITY,
  );
}
