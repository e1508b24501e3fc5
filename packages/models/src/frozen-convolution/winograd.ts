/**
 * Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin & Gray 2016, arXiv:1509.09308): a 3 × 3 convolution of 4 × 4 output pixels as 36 products
 * instead of 144. Each of the 36 is a matrix product over channels, [tiles, inputs] · [inputs, outputs]; what is left are the three small
 * transforms below, which cost next to nothing from some 64 channels on.
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

/**
 * Bᵀ of the paper along one axis, for `count` channels: six vectors → six vectors. Vector j of the source starts at from + j · fromStep, of the
 * target at to[j].
 */
export function transformInput(
  source: Float32Array | Float64Array,
  from: number,
  fromStep: number,
  target: Float32Array | Float64Array,
  to: ArrayLike<number>,
  toOffset: number,
  count: number,
): void {
  const [f1, f2, f3, f4, f5] = [
    from + fromStep,
    from + 2 * fromStep,
    from + 3 * fromStep,
    from + 4 * fromStep,
    from + 5 * fromStep,
  ];
  const [t0, t1, t2, t3, t4, t5] = sixPlaces(to, toOffset);
  for (let c = 0; c < count; c++) {
    const d1 = source[f1 + c]!;
    const d2 = source[f2 + c]!;
    const d3 = source[f3 + c]!;
    const d4 = source[f4 + c]!;
    const even = d4 - 4 * d2;
    const odd = d3 - 4 * d1;
    const evenHalf = d4 - d2;
    const oddHalf = 2 * (d3 - d1);
    target[t0 + c] = 4 * source[from + c]! - 5 * d2 + d4;
    target[t1 + c] = even + odd;
    target[t2 + c] = even - odd;
    target[t3 + c] = evenHalf + oddHalf;
    target[t4 + c] = evenHalf - oddHalf;
    target[t5 + c] = 4 * d1 - 5 * d3 + source[f5 + c]!;
  }
}

/** Aᵀ of the paper along one axis, for `count` channels: six vectors → four. Vector j of the source starts at from[j], of the target at to + j · toStep. */
export function transformOutput(
  source: Float32Array | Float64Array,
  from: ArrayLike<number>,
  fromOffset: number,
  target: Float32Array | Float64Array,
  to: number,
  toStep: number,
  count: number,
): void {
  const [f0, f1, f2, f3, f4, f5] = sixPlaces(from, fromOffset);
  const [to1, to2, to3] = [to + toStep, to + 2 * toStep, to + 3 * toStep];
  for (let c = 0; c < count; c++) {
    const m1 = source[f1 + c]!;
    const m2 = source[f2 + c]!;
    const m3 = source[f3 + c]!;
    const m4 = source[f4 + c]!;
    const sum12 = m1 + m2;
    const difference12 = m1 - m2;
    const sum34 = m3 + m4;
    const difference34 = m3 - m4;
    target[to + c] = source[f0 + c]! + sum12 + sum34;
    target[to1 + c] = difference12 + 2 * difference34;
    target[to2 + c] = sum12 + 4 * sum34;
    target[to3 + c] = difference12 + 8 * difference34 + source[f5 + c]!;
  }
}

function sixPlaces(places: ArrayLike<number>, offset: number): [number, number, number, number, number, number] {
  const at = (j: number) => places[j]! + offset;
  return [at(0), at(1), at(2), at(3), at(4), at(5)];
}
