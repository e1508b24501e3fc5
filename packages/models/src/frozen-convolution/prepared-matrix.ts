import type { TensorInfo } from "@tensorflow/tfjs-core";
import { addressOf, FLOAT, type WasmBackend, writeFloats } from "../wasm-memory.js";
import { type MatrixKernel, matrixKernelBytes, type PanelProduct, TILE_COLUMNS, TILE_ROWS } from "./matrix-kernel.js";

/** Floats of the left matrix that are worked on while they stay in the processor's second cache. */
const BLOCK = 65536;

/** A matrix [inner, columns] in wasm's memory that many others are multiplied with, from the left. */
export class PreparedMatrix {
  private readonly data: TensorInfo;
  private readonly kernel: MatrixKernel;

  /**
   * @param backend one that `simdKernels` is not null for
   * @param values [inner, columns], columns a multiple of 8
   */
  constructor(
    private readonly backend: WasmBackend,
    values: Float32Array,
    private readonly inner: number,
    private readonly columns: number,
  ) {
    this.kernel = kernelFor(backend.wasm.asm!.memory!, inner, columns);
    this.data = backend.makeOutput([inner, columns], "float32");
    writeFloats(backend, inPanels(values, inner, columns), addressOf(backend, this.data));
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
    this.backend.disposeData(this.data.dataId);
  }
}

const kernels = new WeakMap<WebAssembly.Memory, Map<string, MatrixKernel>>();

function kernelFor(memory: WebAssembly.Memory, inner: number, columns: number): MatrixKernel {
  const known = kernels.get(memory) ?? new Map<string, MatrixKernel>();
  kernels.set(memory, known);
  const key = `${inner},${columns}`;
  const made = known.get(key);
  if (made) return made;
  const fused = matrixKernelBytes(inner, columns, true);
  const bytes = WebAssembly.validate(fused) ? fused : matrixKernelBytes(inner, columns, false);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { tfjs: { memory } });
  const kernel = exports as unknown as MatrixKernel;
  known.set(key, kernel);
  return kernel;
}

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
