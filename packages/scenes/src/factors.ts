import { describeValue } from "@latentflow/core";
import { ScenesError } from "./errors.js";

/** One factor of variation; `values` names its classes where they have names. */
export interface SceneFactor {
  readonly name: string;
  readonly classes: number;
  readonly values?: readonly string[];
}

/** Number of distinct scenes: the product of the classes. */
// @__NO_SIDE_EFFECTS__
export function countScenes(table: readonly SceneFactor[]): number {
  return table.reduce((product, factor) => product * factor.classes, 1);
}

/** Index of a scene, the last factor varying fastest. Throws {@link ScenesError} if a factor is out of range. */
export function indexOfFactors(caller: string, table: readonly SceneFactor[], factors: readonly number[]): number {
  checkFactors(caller, table, factors);
  return table.reduce((index, factor, i) => index * factor.classes + (factors[i] as number), 0);
}

/** Factors of the scene at `index`: the inverse of {@link indexOfFactors}. */
export function factorsOfIndex(caller: string, table: readonly SceneFactor[], index: number): number[] {
  const count = countScenes(table);
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new ScenesError(`${caller}: expected an integer index in [0, ${count}), got ${describeValue(index)}`);
  }
  const factors = new Array<number>(table.length);
  let rest = index;
  for (let i = table.length - 1; i >= 0; i--) {
    const { classes } = table[i] as SceneFactor;
    factors[i] = rest % classes;
    rest = Math.floor(rest / classes);
  }
  return factors;
}

/** Throws {@link ScenesError} unless there is one in-range class index per factor. */
export function checkFactors(caller: string, table: readonly SceneFactor[], factors: readonly number[]): void {
  if (factors?.length !== table.length) {
    const names = table.map(({ name }) => name).join(", ");
    throw new ScenesError(
      `${caller}: expected ${table.length} factors (${names}), got ${factors?.length ?? describeValue(factors)}`,
    );
  }
  table.forEach(({ name, classes }, i) => {
    const value = factors[i] as number;
    if (!Number.isInteger(value) || value < 0 || value >= classes) {
      throw new ScenesError(`${caller}: expected ${name} to be an integer in [0, ${classes}), got ${describeValue(value)}`);
    }
  });
}

/** Largest height and width of a picture: 805 MB. */
export const MOST_PIXELS = 16_384;
