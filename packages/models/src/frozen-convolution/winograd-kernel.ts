import type { TensorInfo } from "@tensorflow/tfjs-core";
import { addressOf, memoryOf, placeInZeros, type WasmBackend } from "../wasm-memory.js";
import { PreparedMatrix } from "./prepared-matrix.js";
import { PATCH, PRODUCTS, TILE, transformFilter, transformInput, transformOutput } from "./winograd.js";

/** Tiles worked on at once: enough to keep the matrix products fast, few enough to keep their operands small. */
const TILES_AT_ONCE = 2048;

/** A 3 × 3 filter at Winograd's 36 points, in wasm's memory. */
export class WinogradFilter {
  private readonly matrices: readonly PreparedMatrix[];

  /** @param filter [3, 3, inputs, outputs] */
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

  /** Convolution of stride 1 with zeros beyond the border. x [n, h, w, inputs], h and w multiples of 4 → [n, h, w, outputs]. */
  convolve(x: TensorInfo): TensorInfo {
    const { backend, outputs } = this;
    const [n, h, w] = x.shape as [number, number, number];
    const padded = placeInZeros(backend, x, h + 2, w + 2, 1);
    const y = backend.makeOutput([n, h, w, outputs], "float32");
    const tiles = (n * h * w) / (TILE * TILE);
    for (let first = 0; first < tiles; first += TILES_AT_ONCE) {
      const count = Math.min(TILES_AT_ONCE, tiles - first);
      const points = this.inputPoints(padded, first, count);
      const products = points.map((point, k) => {
        const product = this.matrices[k]!.multiplyFromLeft(point);
        backend.disposeData(point.dataId);
        return product;
      });
      this.writeOutput(products, y, first, count);
      for (const product of products) backend.disposeData(product.dataId);
    }
    backend.disposeData(padded.dataId);
    return y;
  }

  dispose(): void {
    for (const matrix of this.matrices) matrix.dispose();
  }

  /** Patches at the 36 points, each [tiles, inputs]. */
  private inputPoints(padded: TensorInfo, first: number, count: number): TensorInfo[] {
    const { backend, inputs } = this;
    const [, rows, columns] = padded.shape as [number, number, number];
    const points = Array.from({ length: PRODUCTS }, () => backend.makeOutput([count, inputs], "float32"));
    const memory = memoryOf(backend);
    const source = addressOf(backend, padded);
    const targets = points.map((info) => addressOf(backend, info));
    const scratch = new Float64Array(PRODUCTS * inputs);
    const place = tilePlace(rows - 2, columns - 2);
    const columnTargets = Array.from({ length: PATCH }, (_, column) =>
      Array.from({ length: PATCH }, (_, row) => targets[row * PATCH + column]!),
    );
    const scratchColumns = Array.from({ length: PATCH }, (_, column) => column * inputs);
    for (let tile = 0; tile < count; tile++) {
      const { image, y, x } = place(first + tile);
      for (let row = 0; row < PATCH; row++) {
        const from = source + ((image * rows + y + row) * columns + x) * inputs;
        transformInput(memory, from, inputs, scratch, scratchColumns, row * PATCH * inputs, inputs);
      }
      for (let column = 0; column < PATCH; column++) {
        transformInput(scratch, column * inputs, PATCH * inputs, memory, columnTargets[column]!, tile * inputs, inputs);
      }
    }
    return points;
  }

  /** Products at the 36 points → pixels. */
  private writeOutput(products: readonly TensorInfo[], result: TensorInfo, first: number, count: number): void {
    const { backend, outputs } = this;
    const [, height, width] = result.shape as [number, number, number];
    const memory = memoryOf(backend);
    const target = addressOf(backend, result);
    const sources = products.map((info) => addressOf(backend, info));
    const rowSources = Array.from({ length: PATCH }, (_, row) => sources.slice(row * PATCH, (row + 1) * PATCH));
    const scratch = new Float64Array(PATCH * TILE * outputs);
    const scratchColumns = Array.from({ length: TILE }, (_, column) =>
      Array.from({ length: PATCH }, (_, row) => (row * TILE + column) * outputs),
    );
    const place = tilePlace(height, width);
    for (let tile = 0; tile < count; tile++) {
      const { image, y, x } = place(first + tile);
      for (let row = 0; row < PATCH; row++) {
        transformOutput(memory, rowSources[row]!, tile * outputs, scratch, row * TILE * outputs, outputs, outputs);
      }
      const to = target + ((image * height + y) * width + x) * outputs;
      for (let column = 0; column < TILE; column++) {
        transformOutput(scratch, scratchColumns[column]!, 0, memory, to + column * outputs, width * outputs, outputs);
      }
    }
  }
}

/** Where a tile's first pixel is. */
function tilePlace(height: number, width: number): (tile: number) => { image: number; y: number; x: number } {
  const across = width / TILE;
  const perImage = across * (height / TILE);
  return (tile) => {
    const inside = tile % perImage;
    return { image: Math.floor(tile / perImage), y: TILE * Math.floor(inside / across), x: TILE * (inside % across) };
  };
}
