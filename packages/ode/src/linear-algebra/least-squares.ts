/**
 * min ‖A x − b‖ by Householder reflections (Golub & Van Loan, Matrix Computations, algorithm 5.3.2).
 *
 * @param a A row by row, at least as many rows as columns; overwritten, R above its diagonal
 * @param b overwritten by Qᵀb
 * @returns x; NaN or Infinity in it where A has not full rank
 */
export function solveLeastSquares(a: Float64Array, columns: number, b: Float64Array): Float64Array {
  const rows = b.length;
  for (let k = 0; k < columns; k++) {
    let squares = 0;
    for (let i = k; i < rows; i++) squares += a[i * columns + k]! ** 2;
    const first = a[k * columns + k]!;
    const norm = first > 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    if (norm === 0) continue;
    // v = x − norm e₁, and 2 / vᵀv.
    a[k * columns + k] = first - norm;
    const factor = 1 / (norm * (norm - first));
    const reflect = (get: (i: number) => number, add: (i: number, value: number) => void) => {
      let dot = 0;
      for (let i = k; i < rows; i++) dot += a[i * columns + k]! * get(i);
      for (let i = k; i < rows; i++) add(i, -dot * factor * a[i * columns + k]!);
    };
    for (let j = k + 1; j < columns; j++)
      reflect(
        (i) => a[i * columns + j]!,
        (i, value) => {
          a[i * columns + j]! += value;
        },
      );
    reflect(
      (i) => b[i]!,
      (i, value) => {
        b[i]! += value;
      },
    );
    a[k * columns + k] = norm;
  }
  return solveUpper(a, columns, b);
}

/** R x = b for the upper triangle R of what `solveLeastSquares` left. */
function solveUpper(r: Float64Array, columns: number, b: ArrayLike<number>): Float64Array {
  const x = new Float64Array(columns);
  for (let i = columns - 1; i >= 0; i--) {
    let sum = b[i]!;
    for (let j = i + 1; j < columns; j++) sum -= r[i * columns + j]! * x[j]!;
    x[i] = sum / r[i * columns + i]!;
  }
  return x;
}

/** (AᵀA)⁻¹ from the triangle R that `solveLeastSquares` left of A, row by row; undefined where A has not full rank. */
export function inverseOfSquare(r: Float64Array, columns: number): Float64Array[] | undefined {
  const norms = Array.from({ length: columns }, (_, j) => {
    let squares = 0;
    for (let i = 0; i <= j; i++) squares += r[i * columns + j]! ** 2;
    return Math.sqrt(squares);
  });
  if (norms.some((norm, j) => !(Math.abs(r[j * columns + j]!) > RANK * norm))) return undefined;
  const inverse = Array.from({ length: columns }, (_, j) =>
    solveUpper(
      r,
      columns,
      Array.from({ length: columns }, (_, i) => (i === j ? 1 : 0)),
    ),
  );
  return Array.from({ length: columns }, (_, i) =>
    Float64Array.from({ length: columns }, (_, j) => inverse.reduce((sum, column) => sum + column[i]! * column[j]!, 0)),
  );
}

/** What is left of a column beside those before it must be more than this share. */
const RANK = 1e-10;
