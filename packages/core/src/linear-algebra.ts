/** Numerics that packages share: `import { norm } from "@latentflow/core/linear-algebra"`. Called in inner loops: arguments are not checked. */

/**
 * The power of two next below the largest absolute value (1 for zeros): numbers divided by it lie in (-2, 2), so that their squares and sums
 * neither overflow nor vanish, and dividing and multiplying by it rounds nothing.
 */
export function powerOfTwo(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i]!));
  return largest === 0 ? 1 : 2 ** Math.max(-1074, Math.min(1023, Math.floor(Math.log2(largest))));
}

/** The Euclidean norm, right for numbers of any size whose norm float64 holds. */
export function norm(values: ArrayLike<number>): number {
  const scale = powerOfTwo(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i]! / scale) ** 2;
  return scale * Math.sqrt(sum);
}
