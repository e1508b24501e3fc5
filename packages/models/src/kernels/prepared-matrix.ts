import { addressOf, allocate, type BackendWasm, floats, instantiate, onceForEachMemory, release } from "@latentflow/backend/wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { FLOAT } from "./constants.js";
import { type MatrixKernel, matrixKernelBytes, type PanelProduct, TILE_COLUMNS, TILE_ROWS } from "./matrix-kernel.js";

/** Floats of the left matrix that are worked on while they stay in the processor's second cache. */
const BLOCK = 65536;

/** A matrix [inner, columns] in wasm's memory that many others are multiplied with, from the left. */
export class PreparedMatrix {
  private readonly data: TensorInfo;
  private readonly kernel: MatrixKernel;

  /**
   * @param backend one that `simdKernels` has kernels for
   * @param values [inner, columns], columns a multiple of 8
   */
  constructor(
    private readonly backend: BackendWasm,
    values: Float32Array,
    private readonly inner: number,
    private readonly columns: number,
  ) {
    this.kernel = kernelsOf(backend)!(inner, columns);
    this.data = allocate(backend, [inner, columns]);
    floats(backend, this.data).set(inPanels(values, inner, columns));
  }

  /** [rows, inner] at one address → [rows, columns] at another, in bytes. */
  multiplyFromLeft(a: number, rows: number, c: number): void {
    const { backend, kernel, inner, columns, data } = this;
    const byFours = rows - (rows % TILE_ROWS);
    const block = Math.max(TILE_ROWS, Math.floor(BLOCK / inner / TILE_ROWS) * TILE_ROWS);
    const panels = addressOf(backend, data);
    const multiply = (panelProduct: PanelProduct, first: number, count: number) => {
      const from = a + FLOAT * first * inner;
      const to = c + FLOAT * first * columns;
      for (let column = 0; column < columns; column += TILE_COLUMNS)
        panelProduct(from, panels + FLOAT * column * inner, to + FLOAT * column, count);
    };
    for (let row = 0; row < byFours; row += block) multiply(kernel.four, row, Math.min(block, byFours - row));
    if (rows > byFours) multiply(kernel.one, byFours, rows - byFours);
  }

  dispose(): void {
    release(this.backend, this.data);
  }
}

/** For each memory, the kernels for matrices of each size, made when they are first needed. */
const kernelsOf = /* @__PURE__ */ onceForEachMemory((memory) => {
  const kernels = new Map<string, MatrixKernel>();
  return (inner: number, columns: number): MatrixKernel => {
    const key = `${inner},${columns}`;
    let kernel = kernels.get(key);
    if (kernel === undefined) {
      const compile = (fused: boolean) => instantiate<MatrixKernel>(matrixKernelBytes(inner, columns, fused), memory);
      kernel = (compile(true) ?? compile(false))!;
      kernels.set(key, kernel);
    }
    return kernel;
  };
});

/** [inner, columns] → panels of eight columns, each [inner, 8]. */
function inPanels(values: Float32Array, inner: number, columns: number): Float32Array {
  const result = new Float32Array(values.length);
  let to = 0;
  for (let column = 0; column < columns; column += TILE_COLUMNS) {
    for (let k = 0; k < inner; k++, to += TILE_COLUMNS) {
      const from = k * columns + column;
      result.set(values.subarray(from, from + TILE_COLUMNS), to);
    }
  }
  return result;
}
