import type { TensorInfo } from "@tensorflow/tfjs-core";
import { ModelsError } from "./errors.js";

/** The parts of tfjs-backend-wasm 4.22 that a kernel of our own needs. */
export interface WasmBackend {
  /** Memory for an output, not initialised. */
  makeOutput(shape: number[], dtype: "float32"): TensorInfo;
  disposeData(dataId: object): boolean;
  /** Address of a tensor's elements in bytes. */
  getMemoryOffset(dataId: object): number;
  readonly wasm: { readonly HEAPU8: Uint8Array; readonly asm?: { readonly memory?: WebAssembly.Memory } };
}

export const FLOAT = 4;

/**
 * Address of a tensor's first element, in bytes. Stays the same as long as the tensor lives on this backend.
 *
 * @throws ModelsError when wasm had no memory left for it: tfjs itself goes on with address 0 then, over data of its own
 */
export function addressOf(backend: WasmBackend, info: TensorInfo): number {
  const address = backend.getMemoryOffset(info.dataId) >>> 0;
  if (address !== 0) return address;
  throw new ModelsError(
    `wasm: expected memory for a tensor [${info.shape}], got none: its 4 GB are full. Take smaller batches, and dispose of tensors.`,
  );
}

/** Copies numbers to an address of wasm's memory. */
export function writeFloats(backend: WasmBackend, values: Float32Array, address: number): void {
  new Float32Array(backend.wasm.HEAPU8.buffer, address, values.length).set(values);
}

/** Fills an array of so many floats with zeros. */
export function clear(backend: WasmBackend, address: number, floats: number): void {
  backend.wasm.HEAPU8.fill(0, address, address + FLOAT * floats);
}
