import { LatentEditError } from "../errors.js";
import { firstNotFinite, type Parts } from "../tensors/finite.js";

/**
 * Throws when a part holds a number that is not finite, and names it.
 *
 * @param where in words, such as "iteration 4 of 10"
 */
export async function checkFinite(where: string, parts: Parts): Promise<void> {
  const first = await firstNotFinite(parts);
  if (first === undefined) return;
  throw new LatentEditError(
    `trainDirection: expected finite numbers, got NaN or Infinity in ${first} at ${where}. No weight was touched by them: mend what gave them, or train with a smaller learningRate, and run again to go on from the last checkpoint.`,
  );
}
