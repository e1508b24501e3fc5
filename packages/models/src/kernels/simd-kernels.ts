import { type BackendWasm, instantiate, onceForEachMemory } from "@latentflow/backend/wasm";
import { backend, getBackend } from "@tensorflow/tfjs-core";
import { SIMD_MODULE } from "./module.js";

/** What assembly/ exports; there stands what the arguments mean. Addresses are in bytes, 0 stands for nothing. */
export interface SimdKernels {
  activate: Kernel;
  activateGradient: Kernel;
  scaleChannels: Kernel;
  channelDot: Kernel;
  blur: Kernel;
  winogradInput: Kernel;
  winogradOutput: Kernel;
  upInput: Kernel;
  upOutput: Kernel;
  upBackInput: Kernel;
  upBackOutput: Kernel;
}

type Kernel = (...values: number[]) => void;

/** Our kernels on a backend's memory; undefined where code can't be shared with it, see `instantiate` and `onceForEachMemory`. */
export const simdKernels = /* @__PURE__ */ onceForEachMemory((memory) =>
  instantiate<SimdKernels>(
    Uint8Array.from(atob(SIMD_MODULE), (letter) => letter.charCodeAt(0)),
    memory,
  ),
);

/** Whether the current backend has our kernels: without them, tfjs's operations do the same. */
export function hasSimdKernels(): boolean {
  return getBackend() === "wasm" && simdKernels(backend() as BackendWasm) !== undefined;
}
