import type { TensorInfo } from "@tensorflow/tfjs-core";
import { simdKernels } from "../simd/simd-kernels.js";
import { addressOf, type WasmBackend } from "../wasm-memory.js";
import { PreparedMatrix } from "./prepared-matrix.js";
import { productsAtPoints } from "./products-at-points.js";
import { PRODUCTS, TILE, transformFilter } from "./winograd.js";

/** A 3 × 3 filter at Winograd's 36 points, in wasm's memory. */
export class WinogradFilter {
  private readonly matrices: readonly PreparedMatrix[];

  /** @param filter [3, 3, inputs, outputs], both multiples of 8 */
  constructor(
    private readonly backend: WasmBackend,
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
    const y = backend.makeOutput([n, h, w, outputs], "float32");
    const [from, to] = [addressOf(backend, x), addressOf(backend, y)];
    const tiles = n * Math.ceil(h / TILE) * Math.ceil(w / TILE);
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
