import type { TensorInfo } from "@tensorflow/tfjs-core";
import { simdKernels } from "../simd/simd-kernels.js";
import { addressOf, clear, type WasmBackend } from "../wasm-memory.js";
import { PreparedMatrix } from "./prepared-matrix.js";
import { productsAtPoints } from "./products-at-points.js";
import { FILTER_POINTS, FILTERS, filterOf, POINTS, STEP } from "./up-points.js";

/** A 3 × 3 filter of a transposed convolution of stride 2 at the points of `up-points`, in wasm's memory, for one direction. */
export class UpFilter {
  private readonly matrices: readonly PreparedMatrix[];

  /**
   * @param filter [3, 3, outputs, inputs], as conv2dTranspose takes it; both multiples of 8
   * @param direction forward: images to twice their size; back: gradients of the large image to gradients of the small one
   */
  constructor(
    private readonly backend: WasmBackend,
    filter: Float32Array,
    private readonly inputs: number,
    private readonly outputs: number,
    private readonly direction: "forward" | "back",
  ) {
    const forward = direction === "forward";
    this.matrices = Array.from({ length: FILTERS * FILTERS }, (_, k) => {
      const [rows, columns] = [FILTER_POINTS[Math.floor(k / FILTERS)]!, FILTER_POINTS[k % FILTERS]!];
      const values = combineTaps(filter, rows, columns, inputs * outputs);
      return forward
        ? new PreparedMatrix(backend, transposed(values, outputs, inputs), inputs, outputs)
        : new PreparedMatrix(backend, values, outputs, inputs);
    });
  }

  dispose(): void {
    for (const matrix of this.matrices) matrix.dispose();
  }

  /** Forward: x [n, h, w, inputs] → [n, 2h + 1, 2w + 1, outputs]. Back: the other way round. */
  convolve(x: TensorInfo): TensorInfo {
    const { backend, matrices, direction } = this;
    const simd = simdKernels(backend)!;
    const forward = direction === "forward";
    const [inputs, outputs] = forward ? [this.inputs, this.outputs] : [this.outputs, this.inputs];
    const [n, rows, columns] = x.shape as [number, number, number];
    const [h, w] = forward ? [rows, columns] : [(rows - 1) / 2, (columns - 1) / 2];
    const [down, across] = [Math.ceil((h + 1) / STEP), Math.ceil((w + 1) / STEP)];
    const [height, width] = forward ? [2 * h + 1, 2 * w + 1] : [h, w];
    const y = backend.makeOutput([n, height, width, outputs], "float32");
    const [from, to] = [addressOf(backend, x), addressOf(backend, y)];
    if (!forward) clear(backend, to, n * height * width * outputs);
    const [readTiles, writeTiles] = forward ? [simd.upInput, simd.upOutput] : [simd.upBackInput, simd.upBackOutput];
    const filters = Array.from({ length: POINTS * POINTS }, (_, k) => {
      return matrices[filterOf(Math.floor(k / POINTS)) * FILTERS + filterOf(k % POINTS)]!;
    });
    productsAtPoints(
      backend,
      filters,
      { inputs, outputs, tiles: n * down * across },
      {
        read: ({ first, count, address, step, scratch }) =>
          readTiles(from, rows, columns, inputs, first, count, down, across, address, step, scratch),
        write: ({ first, count, address, step, scratch }) =>
          writeTiles(address, step, first, count, down, across, to, height, width, outputs, scratch),
      },
    );
    return y;
  }
}

/** Sum over the nine taps of rows · columns · tap. */
function combineTaps(filter: Float32Array, rows: readonly number[], columns: readonly number[], size: number): Float32Array {
  const result = new Float32Array(size);
  for (let tap = 0; tap < 9; tap++) {
    const factor = rows[Math.floor(tap / 3)]! * columns[tap % 3]!;
    if (factor !== 0) for (let i = 0; i < size; i++) result[i]! += factor * filter[tap * size + i]!;
  }
  return result;
}

function transposed(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) result[c * rows + r] = matrix[r * columns + c]!;
  return result;
}
