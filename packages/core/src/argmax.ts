import { CoreError, describeValue } from "./errors.js";

/**
 * Index of the largest entry, the first of equals: the class that logits predict.
 *
 * @param start first entry looked at (default 0)
 * @param count how many (default all from there on); the index counts from `start`
 * @throws CoreError where there is no number
 */
export function argmax(values: ArrayLike<number>, start = 0, count?: number): number {
  if (typeof values !== "object" || typeof values?.[start] !== "number") {
    throw new CoreError(`argmax: expected one number or more, got ${describeValue(values)}.`);
  }
  const end = count ?? values.length - start;
  let best = 0;
  for (let i = 1; i < end; i++) if (values[start + i]! > values[start + best]!) best = i;
  return best;
}
