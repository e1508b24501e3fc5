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

/** Ends of the central `confidence` share, linear between order statistics. */
export function percentiles(values: readonly number[], confidence: number): [number, number] {
  const sorted = Float64Array.from(values).sort();
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const low = sorted[below]!;
    return low + (position - below) * ((sorted[below + 1] ?? low) - low);
  };
  return [at((1 - confidence) / 2), at((1 + confidence) / 2)];
}
