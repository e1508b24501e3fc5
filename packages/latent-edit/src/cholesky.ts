/** Dense symmetric positive definite systems, in float64, row by row. */

/** Adds `factor` · Σ x xᵀ over the given rows (each of length `size`, one after the other) to the lower triangle of `matrix`. */
export function addOuterProducts(matrix: Float64Array, size: number, rows: Float64Array, factor: number): void {
  const count = rows.length / size;
  const zero = new Float64Array(size);
  // Four rows a sweep: each entry of the matrix is loaded and stored once for four multiplications.
  for (let r = 0; r < count; r += 4) {
    const row = (offset: number) => (r + offset < count ? rows.subarray((r + offset) * size, (r + offset + 1) * size) : zero);
    const [a, b, c, e] = [row(0), row(1), row(2), row(3)];
    for (let i = 0; i < size; i++) {
      const ai = factor * a[i]!;
      const bi = factor * b[i]!;
      const ci = factor * c[i]!;
      const ei = factor * e[i]!;
      const start = i * size;
      for (let j = 0; j <= i; j++) matrix[start + j]! += ai * a[j]! + bi * b[j]! + ci * c[j]! + ei * e[j]!;
    }
  }
}

/** Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor L, A = LLᵀ. */
export function factorCholesky(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const rowI = i * size;
    for (let j = 0; j <= i; j++) {
      const rowJ = j * size;
      let [a, b] = [0, 0];
      let k = 0;
      for (; k + 1 < j; k += 2) {
        a += matrix[rowI + k]! * matrix[rowJ + k]!;
        b += matrix[rowI + k + 1]! * matrix[rowJ + k + 1]!;
      }
      if (k < j) a += matrix[rowI + k]! * matrix[rowJ + k]!;
      const rest = matrix[rowI + j]! - a - b;
      matrix[rowI + j] = i === j ? Math.sqrt(rest) : rest / matrix[rowJ + j]!;
    }
  }
}

/** Solves LLᵀx = b. */
export function solveCholesky(factor: Float64Array, size: number, b: Float64Array): Float64Array {
  const x = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) x[i]! -= factor[i * size + k]! * x[k]!;
    x[i]! /= factor[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    x[i]! /= factor[i * size + i]!;
    for (let k = 0; k < i; k++) x[k]! -= factor[i * size + k]! * x[i]!;
  }
  return x;
}
