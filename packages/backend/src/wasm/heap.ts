import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { type DataType, getKernel, type NamedAttrMap, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { Inputs } from "../kernels/override.js";

/** A float32 array on the wasm heap. Views die when the heap grows: take them after the last allocation, never keep them. */
export function floats(backend: BackendWasm, info: TensorInfo): Float32Array {
  return new Float32Array(heapBuffer(backend), backend.getMemoryOffset(info.dataId) >>> 0, util.sizeFromShape(info.shape));
}

/** An int32 array on the wasm heap, under the same rule as `floats`. */
export function integers(backend: BackendWasm, info: TensorInfo): Int32Array {
  return new Int32Array(heapBuffer(backend), backend.getMemoryOffset(info.dataId) >>> 0, util.sizeFromShape(info.shape));
}

/**
 * Several float32 arrays on the heap at once. Asking for the place of a tensor that still lives on another backend moves it here, which may grow the heap:
 * so all are asked for before the first view is taken.
 */
export function floatsOf<const T extends readonly TensorInfo[]>(
  backend: BackendWasm,
  ...infos: T
): { [K in keyof T]: Float32Array } {
  for (const info of infos) backend.getMemoryOffset(info.dataId);
  return infos.map((info) => floats(backend, info)) as { [K in keyof T]: Float32Array };
}

/** Parts of Emscripten's module that tfjs uses but does not declare. */
interface WasmModule {
  readonly HEAPU8: Uint8Array;
  readonly tfjs: { disposeData(id: number): void };
}

/** The whole heap as bytes. */
export function heapBytes(backend: BackendWasm): Uint8Array {
  return (backend.wasm as unknown as WasmModule).HEAPU8;
}

/** The whole heap as float32; same rule as `floats`. */
export function heapFloats(backend: BackendWasm): Float32Array {
  return new Float32Array(heapBuffer(backend));
}

function heapBuffer(backend: BackendWasm): ArrayBufferLike {
  return heapBytes(backend).buffer;
}

/** Uninitialised memory for a kernel's output or scratch. */
export function allocate(backend: BackendWasm, shape: readonly number[], dtype: DataType = "float32"): TensorInfo {
  return backend.makeOutput([...shape], dtype);
}

/** Frees scratch that no tensor owns. */
export function release(backend: BackendWasm, ...infos: TensorInfo[]): void {
  for (const info of infos) backend.disposeData(info.dataId);
}

/** A window of `shape` into another array, `start` elements in, without a copy. End it with `releaseWindow`, while its owner lives. */
export function makeWindow(backend: BackendWasm, owner: TensorInfo, start: number, shape: readonly number[]): TensorInfo {
  const offset = (backend.getMemoryOffset(owner.dataId) >>> 0) + start * 4;
  return backend.makeOutput([...shape], "float32", offset);
}

/** Forgets a window; the memory stays with its owner. */
export function releaseWindow(backend: BackendWasm, window: TensorInfo): void {
  const record = backend.dataIdMap.get(window.dataId);
  (backend.wasm as unknown as WasmModule).tfjs.disposeData(record.id);
  backend.dataIdMap.delete(window.dataId);
}

/** The same data under another shape; shares memory and must not be released. */
export function withShape(info: TensorInfo, shape: readonly number[]): TensorInfo {
  return { dataId: info.dataId, dtype: info.dtype, shape: [...shape] };
}

/** Runs a registered wasm kernel on bare data, outside the engine: nothing is recorded or tracked. */
export function runKernel(backend: BackendWasm, kernelName: string, inputs: Inputs, attrs: object): TensorInfo {
  const kernel = getKernel(kernelName, "wasm");
  if (kernel === undefined || kernel === null) {
    throw new BackendError(
      `${kernelName}: expected tfjs-backend-wasm to have this kernel, found none. Install version 4.22 of it.`,
    );
  }
  return kernel.kernelFunc({
    inputs: inputs as { [name: string]: TensorInfo },
    backend,
    attrs: attrs as NamedAttrMap,
  }) as TensorInfo;
}
