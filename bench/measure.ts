/** Timing on machines that others use, too: the alternatives take turns within one run, and medians are compared. */

/** Median of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/**
 * Milliseconds of each function, median over `rounds`, after one round to warm up. In each round every function runs once (in turn, so that a
 * change of the machine's speed hits all alike).
 */
export async function compare<K extends string>(
  functions: Readonly<Record<K, () => unknown | Promise<unknown>>>,
  options: { rounds?: number; repeat?: number } = {},
): Promise<Record<K, number>> {
  const { rounds = 9, repeat = 1 } = options;
  const names = Object.keys(functions) as K[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = -1; round < rounds; round++) {
    for (const name of names) {
      const start = performance.now();
      for (let i = 0; i < repeat; i++) await functions[name]();
      const elapsed = (performance.now() - start) / repeat;
      if (round >= 0) times[name].push(elapsed);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<K, number>;
}

/** Prints rows under headings, numbers aligned right. */
export function printTable(headings: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  const cells = [headings, ...rows].map((row) => row.map(String));
  const widths = headings.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  for (const row of cells) {
    console.log(row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "));
  }
}
