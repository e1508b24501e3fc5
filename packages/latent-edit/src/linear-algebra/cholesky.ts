/** Dense symmetric positive definite systems, in float64, row by row. */

/** Adds `factor` · Σ x xᵀ over the given rows (each of length `size`, one after the other) to the lower triangle of `matrix`. */
export function addOuterProducts(matrix: Float64Array, size: number, rows: Float64Array, factor: number): void {
  const count = rows.length / size;
  const zero = new Float64Array(size);
  // Four rows a sweep, into two rows of the matrix at once: eight multiplications for four loads and two updates.
  for (let r = 0; r < count; r += 4) {
    const row = (offset: number) => (r + offset < count ? rows.subarray((r + offset) * size, (r + offset + 1) * size) : zero);
    const [a, b, c, e] = [row(0), row(1), row(2), row(3)];
    for (let i = 0; i < size; i += 2) {
      const next = Math.min(i + 1, size - 1);
      const ai = factor * a[i]!;
      const bi = factor * b[i]!;
      const ci = factor * c[i]!;
      const ei = factor * e[i]!;
      // The row after an odd size's last is that row again, with nothing to add.
      const nextFactor = next > i ? factor : 0;
      const an = nextFactor * a[next]!;
      const bn = nextFactor * b[next]!;
      const cn = nextFactor * c[next]!;
      const en = nextFactor * e[next]!;
      const upper = i * size;
      const lower = next * size;
      for (let j = 0; j <= i; j++) {
        const aj = a[j]!;
        const bj = b[j]!;
        const cj = c[j]!;
        const ej = e[j]!;
        matrix[upper + j]! += ai * aj + bi * bj + ci * cj + ei * ej;
        matrix[lower + j]! += an * aj + bn * bj + cn * cj + en * ej;
      }
      matrix[lower + next]! += an * a[next]! + bn * b[next]! + cn * c[next]! + en * e[next]!;
    }
  }
}

/** Replaces the lower triangle of a symmetric positive definite matrix by its Cholesky factor L, A = LLᵀ. */
export function factorCholesky(matrix: Float64Array, size: number): void {
  // Two rows by two columns at once: four sums for four loads. For an odd size the last row stands in for the one after it.
  for (let i = 0; i < size; i += 2) {
    const rows = Math.min(2, size - i);
    const upper = i * size;
    const lower = (i + rows - 1) * size;
    for (let j = 0; j <= i; j += 2) {
      const left = j * size;
      const right = Math.min(j + 1, size - 1) * size;
      let a = 0;
      let b = 0;
      let c = 0;
      let d = 0;
      for (let k = 0; k < j; k++) {
        const x = matrix[upper + k]!;
        const y = matrix[lower + k]!;
        const u = matrix[left + k]!;
        const v = matrix[right + k]!;
        a += x * u;
        b += x * v;
        c += y * u;
        d += y * v;
      }
      finishEntry(matrix, size, i, j, a);
      if (rows === 2) finishEntry(matrix, size, i + 1, j, c);
      if (j + 1 <= i) finishEntry(matrix, size, i, j + 1, b + matrix[upper + j]! * matrix[right + j]!);
      if (rows === 2) finishEntry(matrix, size, i + 1, j + 1, d + matrix[lower + j]! * matrix[right + j]!);
    }
  }
}

/** Entry (i, j) of the factor, from that of the matrix and Σ over k < j of L[i, k] L[j, k]. */
function finishEntry(matrix: Float64Array, size: number, i: number, j: number, sum: number): void {
  const rest = matrix[i * size + j]! - sum;
  matrix[i * size + j] = i === j ? Math.sqrt(rest) : rest / matrix[j * size + j]!;
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
