/**
 * Fewer products for a transposed convolution of stride 2 with three taps k0 k1 k2 along an axis. Its even outputs are a convolution with two taps,
 * d[j] k2 + d[j + 1] k0, of which Winograd's F(3, 2) makes three outputs from four products; its odd outputs are d[j + 1] k1. So four inputs d (one of
 * them the neighbour's) become seven points, and seven products become six outputs: 49 products in two dimensions where 81 would do it plainly. The
 * transforms of images are in assembly/up.ts.
 */
import { allocate, type BackendWasm, floats } from "@latentflow/backend/wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { UP_POINTS, UP_STEP } from "./constants.js";
import { PreparedMatrix } from "./prepared-matrix.js";
import { productsAtPoints } from "./products-at-points.js";
import { simdKernels } from "./simd-kernels.js";
import { transposed } from "./transposed.js";
import { addresses } from "./wasm-op.js";

/** Different filters among the points: the three odd outputs share theirs. */
const FILTERS = 5;
const filterOf = (point: number): number => Math.min(point, FILTERS - 1);

/** Taps k0 k1 k2 → the filter at each point. */
const FILTER_POINTS = [
  [0, 0, 1],
  [1 / 2, 0, 1 / 2],
  [-1 / 2, 0, 1 / 2],
  [1, 0, 0],
  [0, 1, 0],
];

/** A 3 × 3 filter of a transposed convolution of stride 2 at the points above, in wasm's memory, for one direction. */
export class UpFilter {
  private readonly matrices: readonly PreparedMatrix[];

  /**
   * @param filter [3, 3, outputs, inputs], as conv2dTranspose takes it; both multiples of 8
   * @param direction forward: images to twice their size; back: gradients of the large image to gradients of the small one
   */
  constructor(
    private readonly backend: BackendWasm,
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
    const [down, across] = [Math.ceil((h + 1) / UP_STEP), Math.ceil((w + 1) / UP_STEP)];
    const [height, width] = forward ? [2 * h + 1, 2 * w + 1] : [h, w];
    const y = allocate(backend, [n, height, width, outputs]);
    const [from, to] = addresses(backend, x, y) as [number, number];
    if (!forward) floats(backend, y).fill(0);
    const [readTiles, writeTiles] = forward ? [simd.upInput, simd.upOutput] : [simd.upBackInput, simd.upBackOutput];
    const filters = Array.from({ length: UP_POINTS * UP_POINTS }, (_, k) => {
      return matrices[filterOf(Math.floor(k / UP_POINTS)) * FILTERS + filterOf(k % UP_POINTS)]!;
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
