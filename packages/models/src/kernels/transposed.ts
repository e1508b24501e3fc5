/** The transpose of a [rows, columns] matrix, times a factor. */
export function transposed(matrix: Float32Array, rows: number, columns: number, factor = 1): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = factor * matrix[r * columns + c]!;
  return result;
}
