/** JSON has no NaN and no infinity. */
export function finiteOrNull(x: number): number | null {
  return Number.isFinite(x) ? x : null;
}

export function intervalOrNull([low, high]: readonly [number, number]): readonly [number, number] | null {
  return Number.isFinite(low) && Number.isFinite(high) ? [low, high] : null;
}

/** `count` equally spaced numbers from 0 to `end`, both included. */
export function spaced(end: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => (end * i) / (count - 1));
}

export function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum / values.length;
}
