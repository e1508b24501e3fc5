/** Weights of a linear combination, one a stage, in the forms that solvers read fastest. */
export interface Row {
  readonly all: Float64Array;
  /** The weights that are not 0. */
  readonly weights: Float64Array;
  /** The stages that those belong to, from 0. */
  readonly stages: Int32Array;
}

export function rowOf(row: readonly number[]): Row {
  const used = Array.from(row.keys()).filter((j) => row[j] !== 0);
  return { all: Float64Array.from(row), weights: Float64Array.from(used, (j) => row[j]!), stages: Int32Array.from(used) };
}
