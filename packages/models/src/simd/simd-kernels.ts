import type { WasmBackend } from "../wasm-memory.js";
import { SIMD_MODULE } from "./module.js";

/** What simd/ exports; there stands what the arguments mean. Addresses are in bytes, 0 stands for nothing. */
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

const instances = new WeakMap<WebAssembly.Memory, SimdKernels | null>();

/**
 * Our kernels on a backend's memory. Null where the engine has no SIMD instructions or lets nobody compile, and with tfjs's build for several threads:
 * its own kernels use them all, and it doesn't hand out their memory.
 */
export function simdKernels(backend: WasmBackend): SimdKernels | null {
  const memory = backend.wasm.asm?.memory;
  if (!memory || !(memory.buffer instanceof ArrayBuffer)) return null;
  let kernels = instances.get(memory);
  if (kernels === undefined) {
    kernels = instantiate(memory);
    instances.set(memory, kernels);
  }
  return kernels;
}

function instantiate(memory: WebAssembly.Memory): SimdKernels | null {
  const bytes = Uint8Array.from(atob(SIMD_MODULE), (letter) => letter.charCodeAt(0));
  if (!WebAssembly.validate(bytes)) return null;
  try {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
    return exports as unknown as SimdKernels;
  } catch {
    // Chrome up to 113 compiles no more than 4 kB at once; a page's security policy may forbid it.
    return null;
  }
}
