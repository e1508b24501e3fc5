import type { LinearFactors } from "./factors.js";

/**
 * M = L U of a banded matrix with partial pivoting (Golub & Van Loan, Matrix Computations, section 4.3.3). Row i of U begins at the diagonal and is
 * `lower + upper + 1` wide, since rows that change places widen the band above it; multipliers are kept apart.
 */
export class BandedLu implements LinearFactors {
  readonly size: number;
  readonly lower: number;
  readonly upper: number;
  readonly width: number;
  /** M: entry (i, j) at i · width + j − i + lower; after `factor`, row i of U from its diagonal on. */
  readonly values: Float64Array;
  readonly #multipliers: Float64Array;
  readonly #pivots: Int32Array;

  constructor(size: number, lower: number, upper: number) {
    this.size = size;
    this.lower = lower;
    this.upper = upper;
    this.width = lower + upper + 1;
    this.values = new Float64Array(size * this.width);
    this.#multipliers = new Float64Array(size * Math.max(lower, 1));
    this.#pivots = new Int32Array(size);
  }

  factor(): boolean {
    const { size, lower, width, values } = this;
    alignLeft(values, size, lower, width);
    for (let k = 0; k < size; k++) {
      const end = Math.min(size, k + lower + 1);
      let pivot = k;
      let largest = Math.abs(values[k * width]!);
      for (let i = k + 1; i < end; i++) {
        const candidate = Math.abs(values[i * width]!);
        if (!(candidate <= largest)) [pivot, largest] = [i, candidate];
      }
      this.#pivots[k] = pivot;
      if (!(largest > 0) || largest === Number.POSITIVE_INFINITY) return false;
      const top = k * width;
      if (pivot !== k) {
        const other = pivot * width;
        for (let j = 0; j < width; j++) {
          const value = values[top + j]!;
          values[top + j] = values[other + j]!;
          values[other + j] = value;
        }
      }
      const inverse = 1 / values[top]!;
      for (let i = k + 1; i < end; i++) {
        const row = i * width;
        const multiplier = values[row]! * inverse;
        this.#multipliers[k * lower + i - k - 1] = multiplier;
        // The row moves on by one: what was eliminated leaves it.
        for (let j = 1; j < width; j++) values[row + j - 1] = values[row + j]! - multiplier * values[top + j]!;
        values[row + width - 1] = 0;
      }
    }
    return true;
  }

  solve(b: Float64Array): void {
    const { size, lower, width, values } = this;
    for (let k = 0; k < size; k++) {
      const pivot = this.#pivots[k]!;
      const value = b[pivot]!;
      if (pivot !== k) {
        b[pivot] = b[k]!;
        b[k] = value;
      }
      const end = Math.min(size, k + lower + 1);
      for (let i = k + 1; i < end; i++) b[i]! -= this.#multipliers[k * lower + i - k - 1]! * value;
    }
    for (let i = size - 1; i >= 0; i--) {
      const row = i * width;
      const count = Math.min(width, size - i);
      let sum = b[i]!;
      for (let j = 1; j < count; j++) sum -= values[row + j]! * b[i + j]!;
      b[i] = sum / values[row]!;
    }
  }
}

/** The first rows have places left of the matrix: moves them so that each begins with its first entry. */
function alignLeft(values: Float64Array, size: number, lower: number, width: number): void {
  for (let i = 0; i < Math.min(lower, size); i++) {
    const [start, shift] = [i * width, lower - i];
    values.copyWithin(start, start + shift, start + width);
    values.fill(0, start + width - shift, start + width);
  }
}
