/** H = I − τ v vᵀ with v₀ = 1 that takes a vector to β e₀. */
export interface Reflector {
  readonly tau: number;
  readonly beta: number;
}

/** Makes the reflector of the first `length` numbers of `v` and leaves v in their place (LAPACK's dlarfg). τ = 0: nothing to reflect. */
export function reflect(v: Float64Array, length: number): Reflector {
  const alpha = v[0]!;
  let largest = 0;
  for (let i = 1; i < length; i++) largest = Math.max(largest, Math.abs(v[i]!));
  v[0] = 1;
  if (largest === 0) return { tau: 0, beta: alpha };
  largest = Math.max(largest, Math.abs(alpha));
  let sum = (alpha / largest) ** 2;
  for (let i = 1; i < length; i++) sum += (v[i]! / largest) ** 2;
  const beta = alpha > 0 ? -largest * Math.sqrt(sum) : largest * Math.sqrt(sum);
  // Divided, not multiplied by the inverse, which can overflow.
  for (let i = 1; i < length; i++) v[i]! /= alpha - beta;
  return { tau: (beta - alpha) / beta, beta };
}

/** A ← (I − τ v vᵀ) A on `rows` rows from `row` on, columns from `column` on, of a matrix with `n` columns. */
export function reflectRows(
  a: Float64Array,
  n: number,
  v: Float64Array,
  tau: number,
  row: number,
  rows: number,
  column: number,
  sums: Float64Array,
): void {
  if (tau === 0) return;
  sums.fill(0);
  // Two rows at a time halve the traffic with the sums.
  for (let i = 0; i < rows; i += 2) {
    const upper = (row + i) * n;
    const pair = i + 1 < rows;
    const lower = pair ? upper + n : upper;
    const first = tau * v[i]!;
    const second = pair ? tau * v[i + 1]! : 0;
    for (let j = column; j < n; j++) sums[j]! += first * a[upper + j]! + second * a[lower + j]!;
  }
  for (let i = 0; i < rows; i++) {
    const start = (row + i) * n;
    const factor = v[i]!;
    for (let j = column; j < n; j++) a[start + j]! -= factor * sums[j]!;
  }
}

/** A ← A (I − τ v vᵀ) on rows from `row` on and all columns from `column` on. */
export function reflectColumns(a: Float64Array, n: number, v: Float64Array, tau: number, row: number, column: number): void {
  if (tau === 0) return;
  const length = n - column;
  const whole = length - (length % 4);
  for (let i = row; i < n; i++) {
    const start = i * n + column;
    // Four sums at once keep the processor's pipelines full.
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < whole; j += 4) {
      s0 += a[start + j]! * v[j]!;
      s1 += a[start + j + 1]! * v[j + 1]!;
      s2 += a[start + j + 2]! * v[j + 2]!;
      s3 += a[start + j + 3]! * v[j + 3]!;
    }
    for (let j = whole; j < length; j++) s0 += a[start + j]! * v[j]!;
    const sum = tau * (s0 + s1 + (s2 + s3));
    for (let j = 0; j < length; j++) a[start + j]! -= sum * v[j]!;
  }
}
