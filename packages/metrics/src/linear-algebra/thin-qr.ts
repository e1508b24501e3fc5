/** A = Qᵀ R of a tall matrix, as rows: `basis` holds the orthonormal columns one after the other, `factor` is upper triangular. */
export interface ThinQr {
  /** [columns, rows]; a zero row where a column depends on those before it. */
  readonly basis: Float64Array;
  /** [columns, columns], row by row. */
  readonly factor: Float64Array;
}

/** A column whose part outside the span of those before is smaller than this share of it is rounding. */
const NOTHING = 1e-13;

/**
 * Gram and Schmidt's orthogonalisation, done twice, which is as good as Householder's (Giraud, Langou and Rozložník, 2005).
 *
 * @param transposed the matrix's columns one after the other, [columns, rows]; stays as it is
 */
export function thinQr(transposed: Float64Array, rows: number, columns: number): ThinQr {
  const basis = Float64Array.from(transposed);
  const factor = new Float64Array(columns * columns);
  for (let j = 0; j < columns; j++) {
    const column = basis.subarray(j * rows, (j + 1) * rows);
    const before = norm(column);
    for (let pass = 0; pass < 2; pass++) {
      for (let i = 0; i < j; i++) {
        const earlier = basis.subarray(i * rows, (i + 1) * rows);
        const along = dot(earlier, column);
        factor[i * columns + j]! += along;
        for (let k = 0; k < rows; k++) column[k]! -= along * earlier[k]!;
      }
    }
    const length = norm(column);
    const isNew = length > NOTHING * before;
    factor[j * columns + j] = isNew ? length : 0;
    for (let k = 0; k < rows; k++) column[k] = isNew ? column[k]! / length : 0;
  }
  return { basis, factor };
}

export function dot(a: Float64Array, b: Float64Array): number {
  // Four sums at once keep the processor's pipelines full.
  let [s0, s1, s2, s3] = [0, 0, 0, 0];
  const whole = a.length - (a.length % 4);
  for (let k = 0; k < whole; k += 4) {
    s0 += a[k]! * b[k]!;
    s1 += a[k + 1]! * b[k + 1]!;
    s2 += a[k + 2]! * b[k + 2]!;
    s3 += a[k + 3]! * b[k + 3]!;
  }
  for (let k = whole; k < a.length; k++) s0 += a[k]! * b[k]!;
  return s0 + s1 + (s2 + s3);
}

function norm(a: Float64Array): number {
  return Math.sqrt(dot(a, a));
}
