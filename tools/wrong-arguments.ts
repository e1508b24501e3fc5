/** What the tests that walk through a package's public functions throw at them, and how they judge the answer. */
import { LatentflowError } from "@latentflow/core";

/** Values that are right nearly nowhere, by what messages call them; `undefined` comes first, since options may be left out. */
export const JUNK: readonly (readonly [what: string, junk: unknown])[] = [
  ["undefined", undefined],
  ["null", null],
  ['"x"', "x"],
  ["NaN", Number.NaN],
  ["-3", -3],
  ["function", () => 1],
  ["{}", {}],
  ["[]", []],
  ["[[]]", [[]]],
  ["[null]", [null]],
  ['["x"]', ["x"]],
  ["symbol", Symbol("s")],
];

/**
 * What is wrong with the answer to wrong arguments: nothing, when a typed error refuses them.
 *
 * @param isTyped what counts as typed; default: any error of the house
 */
export async function complaint(
  f: (...args: never[]) => unknown,
  args: readonly unknown[],
  isTyped: (error: unknown) => boolean = (error) => error instanceof LatentflowError,
): Promise<string | undefined> {
  try {
    await f(...(args as never[]));
    return "accepted";
  } catch (error) {
    return isTyped(error) ? undefined : String(error);
  }
}
