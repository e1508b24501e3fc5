import type { TensorInfo } from "@tensorflow/tfjs-core";
import { addressOf, memoryOf, multiplyMatrices, type WasmBackend } from "../wasm-memory.js";
import { type MatrixKernel, matrixKernelBytes, type PanelProduct, TILE_COLUMNS, TILE_ROWS } from "./matrix-kernel.js";

/** Floats of the left matrix that are worked on while they stay in the processor's second cache. */
const BLOCK = 65536;
const FLOAT = 4;

/** A matrix [inner, columns] in wasm's memory that many others are multiplied with, from the left. */
export class PreparedMatrix {
  private readonly data: TensorInfo;
  /** Undefined: tfjs's own kernel is used, and the data is in plain order. */
  private readonly kernel: MatrixKernel | undefined;

  /** @param values [inner, columns] */
  constructor(
    private readonly backend: WasmBackend,
    values: Float32Array,
    private readonly inner: number,
    private readonly columns: number,
  ) {
    this.kernel = columns % TILE_COLUMNS === 0 ? kernelFor(backend, inner, columns) : undefined;
    this.data = backend.makeOutput([inner, columns], "float32");
    memoryOf(backend).set(this.kernel ? inPanels(values, inner, columns) : values, addressOf(backend, this.data));
  }

  /** [rows, inner] → [rows, columns]. The caller frees the result. */
  multiplyFromLeft(a: TensorInfo): TensorInfo {
    const { backend, kernel, inner, columns, data } = this;
    if (!kernel) return multiplyMatrices(backend, a, data);
    const rows = a.shape[0]!;
    const c = backend.makeOutput([rows, columns], "float32");
    const byFours = rows - (rows % TILE_ROWS);
    const block = Math.max(TILE_ROWS, Math.floor(BLOCK / inner / TILE_ROWS) * TILE_ROWS);
    const panels = FLOAT * addressOf(backend, data);
    const multiply = (panelProduct: PanelProduct, first: number, count: number) => {
      const from = FLOAT * (addressOf(backend, a) + first * inner);
      const to = FLOAT * (addressOf(backend, c) + first * columns);
      for (let column = 0; column < columns; column += TILE_COLUMNS)
        panelProduct(from, panels + FLOAT * column * inner, to + FLOAT * column, count);
    };
    for (let row = 0; row < byFours; row += block) multiply(kernel.four, row, Math.min(block, byFours - row));
    if (rows > byFours) multiply(kernel.one, byFours, rows - byFours);
    return c;
  }

  dispose(): void {
    this.backend.disposeData(this.data.dataId);
  }
}

const kernels = new WeakMap<WebAssembly.Memory, Map<string, MatrixKernel>>();

/** Undefined without SIMD instructions, and where tfjs runs on several threads: its own kernel uses them all. */
function kernelFor(backend: WasmBackend, inner: number, columns: number): MatrixKernel | undefined {
  const memory = backend.wasm.asm?.memory;
  if (!memory || !(memory.buffer instanceof ArrayBuffer)) return undefined;
  const known = kernels.get(memory) ?? new Map<string, MatrixKernel>();
  kernels.set(memory, known);
  const key = `${inner},${columns}`;
  const made = known.get(key);
  if (made) return made;
  const bytes = matrixKernelBytes(inner, columns);
  if (!WebAssembly.validate(bytes)) return undefined;
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
