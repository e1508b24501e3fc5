/**
 * Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin & Gray 2016, arXiv:1509.09308): a 3 × 3 convolution of 4 × 4 output pixels as 36 products
 * instead of 144. Each of the 36 is a matrix product over channels, [tiles, inputs] · [inputs, outputs]; what is left are three small transforms:
 * the filter's, here, made once, and those of the image, in assembly/winograd.ts.
 */
import { allocate, type BackendWasm } from "@latentflow/backend/wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { WINOGRAD_PATCH, WINOGRAD_TILE } from "./constants.js";
import { PreparedMatrix } from "./prepared-matrix.js";
import { productsAtPoints } from "./products-at-points.js";
import { simdKernels } from "./simd-kernels.js";
import { addresses } from "./wasm-op.js";

/** Points, and so products, of a tile. */
const PRODUCTS = WINOGRAD_PATCH ** 2;

/** A 3 × 3 filter at Winograd's 36 points, in wasm's memory. */
export class WinogradFilter {
  private readonly matrices: readonly PreparedMatrix[];

  /** @param filter [3, 3, inputs, outputs], both multiples of 8 */
  constructor(
    private readonly backend: BackendWasm,
    filter: Float32Array,
    readonly inputs: number,
    readonly outputs: number,
  ) {
    const size = inputs * outputs;
    const points = transformFilter(filter, size);
    this.matrices = Array.from(
      { length: PRODUCTS },
      (_, k) => new PreparedMatrix(backend, points.subarray(k * size, (k + 1) * size), inputs, outputs),
    );
  }

  /** Convolution of stride 1 with zeros beyond the border. x [n, h, w, inputs] → [n, h, w, outputs]. */
  convolve(x: TensorInfo): TensorInfo {
    const { backend, inputs, outputs, matrices } = this;
    const { winogradInput, winogradOutput } = simdKernels(backend)!;
    const [n, h, w] = x.shape as [number, number, number];
    const y = allocate(backend, [n, h, w, outputs]);
    const [from, to] = addresses(backend, x, y) as [number, number];
    const tiles = n * Math.ceil(h / WINOGRAD_TILE) * Math.ceil(w / WINOGRAD_TILE);
    productsAtPoints(
      backend,
      matrices,
      { inputs, outputs, tiles },
      {
        read: (lot) => winogradInput(from, h, w, inputs, lot.first, lot.count, lot.address, lot.step, lot.scratch),
        write: (lot) => winogradOutput(lot.address, lot.step, lot.first, lot.count, to, h, w, outputs, lot.scratch),
      },
    );
    return y;
  }

  dispose(): void {
    for (const matrix of this.matrices) matrix.dispose();
  }
}

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
function transformFilter(filter: Float32Array, matrixSize: number): Float32Array {
  const result = new Float32Array(PRODUCTS * matrixSize);
  for (let point = 0; point < PRODUCTS; point++) {
    const [rows, columns] = [FILTER_POINTS[Math.floor(point / WINOGRAD_PATCH)]!, FILTER_POINTS[point % WINOGRAD_PATCH]!];
    for (let tap = 0; tap < 9; tap++) {
      const factor = rows[Math.floor(tap / 3)]! * columns[tap % 3]!;
      if (factor === 0) continue;
      const [from, to] = [tap * matrixSize, point * matrixSize];
      for (let i = 0; i < matrixSize; i++) result[to + i]! += factor * filter[from + i]!;
    }
  }
  return result;
}
