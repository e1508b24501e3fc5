/**
 * Tensors on the heap of tfjs's wasm backend, which is one ArrayBuffer.
 *
 * Addresses are bytes from 0 to 2³² − 1, as `addressOf` gives them: tfjs has some from 2³¹ on as negative numbers, and 0 for what found no memory.
 * Views die when the heap grows: take them after the last allocation, and never keep them.
 */
import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { DataType, TensorInfo } from "@tensorflow/tfjs-core";
import { outOfMemory } from "./out-of-memory.js";

/** Parts of Emscripten's module that tfjs uses but does not declare. */
interface WasmModule {
  readonly HEAPU8: Uint8Array;
  readonly tfjs: { disposeData(id: number): void };
}

/** Number of elements. tfjs's own function would bring 20 KB of others into a bundle. */
export const sizeOf = ({ shape }: { readonly shape: readonly number[] }) => shape.reduce((size, length) => size * length, 1);

/**
 * Where an array begins; this stays as long as it lives here. Asking moves a tensor here that still lives on another backend, which may grow the heap.
 *
 * @throws BackendError when there was no memory for it: tfjs itself goes on at address 0 then, over data of its own
 */
export function addressOf(backend: BackendWasm, info: TensorInfo): number {
  const address = backend.getMemoryOffset(info.dataId) >>> 0;
  if (address === 0 && sizeOf(info) > 0) throw outOfMemory(sizeOf(info) * (info.dtype === "bool" ? 1 : 4), heapBytes(backend));
  return address;
}

/** A float32 array. */
export function floats(backend: BackendWasm, info: TensorInfo): Float32Array {
  // The address first: asking for it may replace the heap.
  const address = addressOf(backend, info);
  return new Float32Array(heapBytes(backend).buffer, address, sizeOf(info));
}

/** An int32 array. */
export function integers(backend: BackendWasm, info: TensorInfo): Int32Array {
  const address = addressOf(backend, info);
  return new Int32Array(heapBytes(backend).buffer, address, sizeOf(info));
}

/** Several float32 arrays at once: all are brought here before the first view is taken. */
export function floatsOf<const T extends readonly TensorInfo[]>(
  backend: BackendWasm,
  ...infos: T
): { [K in keyof T]: Float32Array } {
  for (const info of infos) addressOf(backend, info);
  return infos.map((info) => floats(backend, info)) as { [K in keyof T]: Float32Array };
}

/** The whole heap as bytes. */
export function heapBytes(backend: BackendWasm): Uint8Array {
  return (backend.wasm as unknown as WasmModule).HEAPU8;
}

/**
 * Uninitialised memory for a kernel's output or scratch.
 *
 * @throws BackendError when there is none left
 */
export function allocate(backend: BackendWasm, shape: readonly number[], dtype: DataType = "float32"): TensorInfo {
  const info = backend.makeOutput([...shape], dtype);
  try {
    addressOf(backend, info);
  } catch (error) {
    backend.disposeData(info.dataId);
    throw error;
  }
  return info;
}

/** Frees scratch that no tensor owns. */
export function release(backend: BackendWasm, ...infos: TensorInfo[]): void {
  for (const info of infos) backend.disposeData(info.dataId);
}

/** A window of `shape` into another array, `start` elements in, without a copy. End it with `releaseWindow`, while its owner lives. */
export function makeWindow(backend: BackendWasm, owner: TensorInfo, start: number, shape: readonly number[]): TensorInfo {
  return backend.makeOutput([...shape], "float32", addressOf(backend, owner) + start * 4);
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
