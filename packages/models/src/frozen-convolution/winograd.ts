/**
 * Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin & Gray 2016, arXiv:1509.09308): a 3 × 3 convolution of 4 × 4 output pixels as 36 products
 * instead of 144. Each of the 36 is a matrix product over channels, [tiles, inputs] · [inputs, outputs]; what is left are three small transforms:
 * the filter's, here, made once, and those of the image, in simd/winograd.ts.
 */
export const PRODUCTS = 36;
/** Side of the patch that a tile of output reads, and of the tile. */
export const PATCH = 6;
export const TILE = 4;

/** G of the paper: a filter's three taps along one axis → six points. */
const FILTER_POINTS = [
  [1 / 4, 0, 0],
  [-1 / 6, -1 / 6, -1 / 6],
  [-1 / 6, 1 / 6, -1 / 6],
  [1 / 24, 1 / 12, 1 / 6],
  [1 / 24, -1 / 12, 1 / 6],
  [0, 0, 1],
];

/**
 * Filters at the 36 points.
 *
 * @param filter [3, 3, inputs, outputs]
 * @returns 36 matrices [inputs, outputs], one after another
 */
export function transformFilter(filter: Float32Array, matrixSize: number): Float32Array {
  const result = new Float32Array(PRODUCTS * matrixSize);
  for (let point = 0; point < PRODUCTS; point++) {
    const [rows, columns] = [FILTER_POINTS[Math.floor(point / PATCH)]!, FILTER_POINTS[point % PATCH]!];
    for (let tap = 0; tap < 9; tap++) {
      const factor = rows[Math.floor(tap / 3)]! * columns[tap % 3]!;
      if (factor === 0) continue;
      const [from, to] = [tap * matrixSize, point * matrixSize];
      for (let i = 0; i < matrixSize; i++) result[to + i]! += factor * filter[from + i]!;
    }
  }
  return result;
}
