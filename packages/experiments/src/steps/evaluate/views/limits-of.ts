import type { Cell } from "../../../drawing/csv.js";

/** An interval's two columns. */
export function limitsOf(interval: readonly [number, number] | null): readonly Cell[] {
  return interval ?? [null, null];
}
