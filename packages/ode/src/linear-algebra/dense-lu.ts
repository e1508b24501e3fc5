import type { LinearFactors } from "./factors.js";

/** M = L U of a dense matrix in place, with partial pivoting (Golub & Van Loan, Matrix Computations, algorithm 3.4.1). */
export class DenseLu implements LinearFactors {
  readonly size: number;
  /** M row by row; after `factor`, U and the multipliers of L below it. */
  readonly values: Float64Array;
  /** Row that came to place k. */
  readonly #pivots: Int32Array;

  constructor(size: number) {
    this.size = size;
    this.values = new Float64Array(size * size);
    this.#pivots = new Int32Array(size);
  }

  factor(): boolean {
    const { size, values } = this;
    for (let k = 0; k < size; k++) {
      let pivot = k;
      let largest = Math.abs(values[k * size + k]!);
      for (let i = k + 1; i < size; i++) {
        const candidate = Math.abs(values[i * size + k]!);
        // Written so that NaN is taken, and found below.
        if (!(candidate <= largest)) [pivot, largest] = [i, candidate];
      }
      this.#pivots[k] = pivot;
      if (!(largest > 0) || largest === Number.POSITIVE_INFINITY) return false;
      const top = k * size;
      if (pivot !== k) {
        const other = pivot * size;
        for (let j = 0; j < size; j++) {
          const value = values[top + j]!;
          values[top + j] = values[other + j]!;
          values[other + j] = value;
        }
      }
      const inverse = 1 / values[top + k]!;
      for (let i = k + 1; i < size; i++) {
        const row = i * size;
        const multiplier = values[row + k]! * inverse;
        values[row + k] = multiplier;
        if (multiplier === 0) continue;
        for (let j = k + 1; j < size; j++) values[row + j]! -= multiplier * values[top + j]!;
      }
    }
    return true;
  }

  solve(b: Float64Array): void {
    const { size, values } = this;
    for (let k = 0; k < size; k++) {
      const pivot = this.#pivots[k]!;
      if (pivot === k) continue;
      const value = b[k]!;
      b[k] = b[pivot]!;
      b[pivot] = value;
    }
    for (let i = 1; i < size; i++) {
      const row = i * size;
      let sum = b[i]!;
      for (let j = 0; j < i; j++) sum -= values[row + j]! * b[j]!;
      b[i] = sum;
    }
    for (let i = size - 1; i >= 0; i--) {
      const row = i * size;
      let sum = b[i]!;
      for (let j = i + 1; j < size; j++) sum -= values[row + j]! * b[j]!;
      b[i] = sum / values[row + i]!;
    }
  }
}
