import { getKernel, type NamedAttrMap, type TensorInfo } from "@tensorflow/tfjs-core";

/** The parts of tfjs-backend-wasm 4.22 that a kernel of our own needs. */
export interface WasmBackend {
  /** Memory for an output, not initialised. */
  makeOutput(shape: number[], dtype: "float32"): TensorInfo;
  disposeData(dataId: object): boolean;
  /** Address of a tensor's elements in bytes. */
  getMemoryOffset(dataId: object): number;
  readonly wasm: { readonly HEAPU8: Uint8Array; readonly asm?: { readonly memory?: WebAssembly.Memory } };
}

/** All of wasm's memory as float32. The view dies when memory grows: take it after the last allocation, never keep it. */
export function memoryOf(backend: WasmBackend): Float32Array {
  return new Float32Array(backend.wasm.HEAPU8.buffer);
}

/** Index of a tensor's first element in `memoryOf`. */
export function addressOf(backend: WasmBackend, info: TensorInfo): number {
  return (backend.getMemoryOffset(info.dataId) >>> 0) / 4;
}

/** [rows, inner] · [inner, columns]. The caller frees the result. */
export function multiplyMatrices(backend: WasmBackend, a: TensorInfo, b: TensorInfo): TensorInfo {
  const kernel = getKernel("BatchMatMul", "wasm");
  const three = (info: TensorInfo) => ({ ...info, shape: [1, ...info.shape] });
  const attrs = { transposeA: false, transposeB: false } as unknown as NamedAttrMap;
  const product = kernel.kernelFunc({ inputs: { a: three(a), b: three(b) }, backend, attrs }) as TensorInfo;
  return { ...product, shape: product.shape.slice(1) };
}

/** A larger image of zeros with x in it, `top` pixels from above and from the left. The caller frees it. */
export function placeInZeros(backend: WasmBackend, x: TensorInfo, height: number, width: number, top: number): TensorInfo {
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const placed = backend.makeOutput([n, height, width, c], "float32");
  const memory = memoryOf(backend);
  const [source, target] = [addressOf(backend, x), addressOf(backend, placed)];
  memory.fill(0, target, target + n * height * width * c);
  for (let image = 0; image < n; image++) {
    for (let y = 0; y < h; y++) {
      const from = source + (image * h + y) * w * c;
      memory.copyWithin(target + ((image * height + y + top) * width + top) * c, from, from + w * c);
    }
  }
  return placed;
}
