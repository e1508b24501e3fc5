/**
 * Solves (AᵀA) p = b where A, [rows, size] row by row and destroyed, has too wide a range for AᵀA: a QR factorisation by Householder reflectors
 * of A itself, whose range is only the root of that, then RᵀR p = b.
 */
export function solveNormalEquations(a: Float64Array, rows: number, size: number, b: Float64Array): Float64Array {
  const sums = new Float64Array(size);
  for (let k = 0; k < size; k++) {
    let square = 0;
    for (let i = k; i < rows; i++) square += a[i * size + k]! ** 2;
    const head = a[k * size + k]!;
    const beta = head > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    if (beta === 0) continue;
    // v = column − β e₀, left in the column; H = I − v vᵀ / (−β v₀).
    const first = head - beta;
    a[k * size + k] = first;
    sums.fill(0);
    for (let i = k; i < rows; i++) {
      const factor = a[i * size + k]! / (-beta * first);
      if (factor !== 0) for (let j = k + 1; j < size; j++) sums[j]! += factor * a[i * size + j]!;
    }
    for (let i = k; i < rows; i++) {
      const factor = a[i * size + k]!;
      if (factor !== 0) for (let j = k + 1; j < size; j++) a[i * size + j]! -= factor * sums[j]!;
    }
    a[k * size + k] = beta;
  }
  const p = Float64Array.from(b);
  for (let i = 0; i < size; i++) {
    for (let k = 0; k < i; k++) p[i]! -= a[k * size + i]! * p[k]!;
    p[i]! /= a[i * size + i]!;
  }
  for (let i = size - 1; i >= 0; i--) {
    for (let k = i + 1; k < size; k++) p[i]! -= a[i * size + k]! * p[k]!;
    p[i]! /= a[i * size + i]!;
  }
  return p;
}
