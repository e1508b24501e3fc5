import { norm } from "@latentflow/core/linear-algebra";

/** What is left of a matrix after its eigenvalues that can be read off were taken out. */
export interface DeflatedMatrix {
  /** Eigenvalues that stand alone: the diagonal entries of rows or columns that are 0 otherwise. */
  readonly isolated: number[];
  /** [size, size] row by row, with the other eigenvalues. */
  readonly matrix: Float64Array;
  readonly size: number;
}

/** Takes out, one after another, the rows and columns whose only entry among those left is on the diagonal: that entry is an eigenvalue. */
export function takeIsolated(a: Float64Array, n: number): DeflatedMatrix {
  // Entries other than 0 off the diagonal, among the rows and columns that are left.
  const inRow = new Int32Array(n);
  const inColumn = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (i === j || a[i * n + j] === 0) continue;
      inRow[i]!++;
      inColumn[j]!++;
    }
  }
  const alone = (i: number) => inRow[i] === 0 || inColumn[i] === 0;
  const left = new Set(Array(n).keys());
  const isolated: number[] = [];
  const waiting = [...left].filter(alone);
  for (let i = waiting.pop(); i !== undefined; i = waiting.pop()) {
    if (!left.delete(i)) continue;
    isolated.push(a[i * n + i]!);
    for (const j of left) {
      if (a[j * n + i] !== 0) inRow[j]!--;
      if (a[i * n + j] !== 0) inColumn[j]!--;
      if (alone(j)) waiting.push(j);
    }
  }
  const rows = [...left];
  const matrix = Float64Array.from({ length: rows.length ** 2 }, (_, k) => {
    const [i, j] = [Math.floor(k / rows.length), k % rows.length];
    return a[rows[i]! * n + rows[j]!]!;
  });
  return { isolated, matrix, size: rows.length };
}

/** Keeps the scaling away from the ends of float64. */
const LARGEST_EXPONENT = 960;
const SMALLEST = 2 ** -LARGEST_EXPONENT;

/** Rounds over all rows: balancing is a help, not a need, so one that still changes things after these is good enough. */
const MOST_ROUNDS = 50;

/**
 * Makes every row about as long as its column by powers of two, in place, which changes no eigenvalue and rounds nothing: the errors of what
 * follows are then relative to the balanced matrix (Parlett and Reinsch, 1969; with Euclidean norms and LAPACK's limits as in dgebal).
 */
export function balance(a: Float64Array, n: number): void {
  const total = new Float64Array(n).fill(1);
  const row = new Float64Array(n);
  const column = new Float64Array(n);
  let changed = true;
  for (let round = 0; changed && round < MOST_ROUNDS; round++) {
    changed = false;
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < n; k++) {
        row[k] = a[i * n + k]!;
        column[k] = a[k * n + i]!;
      }
      const wanted = factorFor(norm(row), norm(column)) * total[i]!;
      const factor = Math.min(Math.max(wanted, SMALLEST), 1 / SMALLEST) / total[i]!;
      if (factor === 1) continue;
      total[i]! *= factor;
      changed = true;
      for (let k = 0; k < n; k++) {
        a[i * n + k]! /= factor;
        a[k * n + i]! *= factor;
      }
    }
  }
}

/** The power of two for a column and its inverse for the row that brings both norms closest; 1 where that gains less than a twentieth. */
function factorFor(row: number, column: number): number {
  const sum = row + column;
  if (row === 0 || column === 0 || sum === Number.POSITIVE_INFINITY) return 1;
  const exponent = Math.round((Math.log2(row) - Math.log2(column)) / 2);
  const factor = 2 ** Math.min(Math.max(exponent, -LARGEST_EXPONENT), LARGEST_EXPONENT);
  return row / factor + column * factor < 0.95 * sum ? factor : 1;
}
