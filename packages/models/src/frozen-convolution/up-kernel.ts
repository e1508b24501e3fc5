import type { TensorInfo } from "@tensorflow/tfjs-core";
import { addressOf, memoryOf, placeInZeros, type WasmBackend } from "../wasm-memory.js";
import { PreparedMatrix } from "./prepared-matrix.js";
import {
  addFromPoints,
  FILTER_POINTS,
  FILTERS,
  filterOf,
  fromOutputs,
  OUTPUTS,
  PATCH,
  POINTS,
  STEP,
  toOutputs,
  toPoints,
} from "./up-transforms.js";

/** Tiles worked on at once. */
const TILES_AT_ONCE = 2048;

/** A 3 × 3 filter of a transposed convolution of stride 2 at the points of `up-transforms`, in wasm's memory, for one direction. */
export class UpFilter {
  private readonly matrices: readonly PreparedMatrix[];

  /**
   * @param filter [3, 3, outputs, inputs], as conv2dTranspose takes it
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
    const { backend, inputs, outputs } = this;
    const forward = this.direction === "forward";
    const [n, rows, columns] = x.shape as [number, number, number];
    const [h, w] = forward ? [rows, columns] : [(rows - 1) / 2, (columns - 1) / 2];
    const [down, across] = [Math.ceil((h + 1) / STEP), Math.ceil((w + 1) / STEP)];
    const small = { height: STEP * down + 1, width: STEP * across + 1, top: 1, step: STEP };
    const large = { height: OUTPUTS * down, width: OUTPUTS * across, top: 0, step: OUTPUTS };
    const [from, to] = forward ? [small, large] : [large, small];
    const source = placeInZeros(backend, x, from.height, from.width, from.top);
    const target = backend.makeOutput([n, to.height, to.width, forward ? outputs : inputs], "float32");
    memoryOf(backend).fill(
      0,
      addressOf(backend, target),
      addressOf(backend, target) + n * to.height * to.width * (forward ? outputs : inputs),
    );
    const tiles = n * down * across;
    for (let first = 0; first < tiles; first += TILES_AT_ONCE) {
      this.someTiles(source, target, { first, count: Math.min(TILES_AT_ONCE, tiles - first), down, across, from, to });
    }
    const result = crop(backend, target, forward ? 2 * h + 1 : h, forward ? 2 * w + 1 : w, to.top);
    for (const { dataId } of [source, target]) backend.disposeData(dataId);
    return result;
  }

  private someTiles(source: TensorInfo, target: TensorInfo, work: Work): void {
    const { backend, direction } = this;
    const forward = direction === "forward";
    const points = readTiles(backend, source, forward ? toPoints : fromOutputs, forward ? PATCH : OUTPUTS, work);
    const products = points.map((point, k) => {
      const filter = filterOf(Math.floor(k / POINTS)) * FILTERS + filterOf(k % POINTS);
      const product = this.matrices[filter]!.multiplyFromLeft(point);
      backend.disposeData(point.dataId);
      return product;
    });
    writeTiles(backend, products, target, forward ? toOutputs : addFromPoints, forward ? OUTPUTS : PATCH, work);
    for (const product of products) backend.disposeData(product.dataId);
  }
}

/** Which tiles, and how they lie in the image that is read and in the one that is written. */
interface Work {
  readonly first: number;
  readonly count: number;
  readonly down: number;
  readonly across: number;
  readonly from: { readonly step: number };
  readonly to: { readonly step: number };
}

type AxisTransform = typeof toPoints;

/** Tiles of `size` × `size` pixels at the 7 × 7 points, each [tiles, channels]. */
function readTiles(backend: WasmBackend, source: TensorInfo, transform: AxisTransform, size: number, work: Work): TensorInfo[] {
  const [, , width, channels] = source.shape as [number, number, number, number];
  const points = range(POINTS * POINTS).map(() => backend.makeOutput([work.count, channels], "float32"));
  const memory = memoryOf(backend);
  const addresses = points.map((info) => addressOf(backend, info));
  const scratch = new Float64Array(size * POINTS * channels);
  const pixels = range(size).map((j) => j * channels);
  const scratchPoints = range(POINTS).map((j) => j * channels);
  const scratchRows = range(size).map((row) => row * POINTS * channels);
  const columns = range(POINTS).map((column) => range(POINTS).map((row) => addresses[row * POINTS + column]!));
  for (let tile = 0; tile < work.count; tile++) {
    const start = addressOf(backend, source) + firstPixel(source, work, tile, work.from.step) * channels;
    for (let row = 0; row < size; row++) {
      transform(memory, pixels, start + row * width * channels, scratch, scratchPoints, scratchRows[row]!, channels);
    }
    for (let column = 0; column < POINTS; column++) {
      transform(scratch, scratchRows, column * channels, memory, columns[column]!, tile * channels, channels);
    }
  }
  return points;
}

/** Products at the 7 × 7 points → tiles of `size` × `size` pixels, into (or added to) the target. */
function writeTiles(
  backend: WasmBackend,
  products: readonly TensorInfo[],
  target: TensorInfo,
  transform: AxisTransform,
  size: number,
  work: Work,
): void {
  const [, , width, channels] = target.shape as [number, number, number, number];
  const memory = memoryOf(backend);
  const addresses = products.map((info) => addressOf(backend, info));
  const scratch = new Float64Array(POINTS * size * channels);
  const rows = range(POINTS).map((row) => addresses.slice(row * POINTS, (row + 1) * POINTS));
  const scratchPixels = range(size).map((j) => j * channels);
  const scratchRows = range(POINTS).map((row) => row * size * channels);
  const targetRows = range(size).map((row) => row * width * channels);
  for (let tile = 0; tile < work.count; tile++) {
    scratch.fill(0);
    for (let row = 0; row < POINTS; row++)
      transform(memory, rows[row]!, tile * channels, scratch, scratchPixels, scratchRows[row]!, channels);
    const start = addressOf(backend, target) + firstPixel(target, work, tile, work.to.step) * channels;
    for (let column = 0; column < size; column++) {
      transform(scratch, scratchRows, column * channels, memory, targetRows, start + column * channels, channels);
    }
  }
}

/** Index of a tile's first pixel. */
function firstPixel({ shape }: TensorInfo, { first, down, across }: Work, tile: number, step: number): number {
  const [, height, width] = shape as [number, number, number];
  const index = first + tile;
  const inside = index % (down * across);
  const image = Math.floor(index / (down * across));
  return (image * height + step * Math.floor(inside / across)) * width + step * (inside % across);
}

/** The pixels [top, top + height) × [top, top + width). */
function crop(backend: WasmBackend, x: TensorInfo, height: number, width: number, top: number): TensorInfo {
  const [n, rows, columns, channels] = x.shape as [number, number, number, number];
  const out = backend.makeOutput([n, height, width, channels], "float32");
  const memory = memoryOf(backend);
  const [source, target] = [addressOf(backend, x), addressOf(backend, out)];
  for (let image = 0; image < n; image++) {
    for (let y = 0; y < height; y++) {
      const from = source + ((image * rows + y + top) * columns + top) * channels;
      memory.copyWithin(target + (image * height + y) * width * channels, from, from + width * channels);
    }
  }
  return out;
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

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}
