/** A covariance that can be inverted even where there are hardly more rows than columns. */
export interface ShrunkCovariance {
  readonly mean: Float64Array;
  /** [columns, columns] */
  readonly covariance: Float64Array;
  /** Weight of the multiple of the identity that was mixed in, in [0, 1]. */
  readonly shrinkage: number;
}

/**
 * Ledoit and Wolf's estimate (2004, "A well-conditioned estimator for large-dimensional covariance matrices"): (1 − s) C + s · tr C / d · I, with the
 * s whose expected square error is smallest; C over n.
 *
 * @param data [rows, columns], row by row
 */
export function shrunkCovariance(data: Float64Array, rows: number, columns: number): ShrunkCovariance {
  const mean = new Float64Array(columns);
  for (let i = 0; i < data.length; i++) mean[i % columns]! += data[i]! / rows;
  const covariance = new Float64Array(columns * columns);
  const row = new Float64Array(columns);
  let fourth = 0;
  for (let r = 0; r < rows; r++) {
    let square = 0;
    for (let j = 0; j < columns; j++) {
      row[j] = data[r * columns + j]! - mean[j]!;
      square += row[j]! ** 2;
    }
    fourth += square ** 2;
    for (let i = 0; i < columns; i++) {
      const factor = row[i]! / rows;
      for (let j = 0; j <= i; j++) covariance[i * columns + j]! += factor * row[j]!;
    }
  }
  let trace = 0;
  let norm = 0;
  for (let i = 0; i < columns; i++) {
    trace += covariance[i * columns + i]!;
    for (let j = 0; j <= i; j++) {
      const value = covariance[i * columns + j]!;
      covariance[j * columns + i] = value;
      norm += (i === j ? 1 : 2) * value ** 2;
    }
  }
  // Of the sample's covariance: its squared distance from a multiple of the identity, and how much of that is noise.
  const distance = norm - trace ** 2 / columns;
  const noise = Math.min(distance, (fourth / rows - norm) / rows);
  const shrinkage = noise > 0 ? noise / distance : 0;
  for (let i = 0; i < covariance.length; i++) {
    covariance[i] = (1 - shrinkage) * covariance[i]! + (i % (columns + 1) === 0 ? (shrinkage * trace) / columns : 0);
  }
  return { mean, covariance, shrinkage };
}
