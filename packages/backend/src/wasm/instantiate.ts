import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";

/**
 * A module's exports on a memory, which it imports as "env" "memory", as AssemblyScript has it. Undefined where the engine lacks its instructions or lets
 * nobody compile: a page's security policy may forbid it, and Chrome up to 113 compiles no more than 4 kB at once.
 */
export function instantiate<Exports>(bytes: Uint8Array<ArrayBuffer>, memory: WebAssembly.Memory): Exports | undefined {
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } }).exports as Exports;
  } catch {
    return undefined;
  }
}

/**
 * What `make` gives for a backend's memory, made once for each memory. Undefined with tfjs's build for several threads: its own kernels use them all, and
 * it doesn't hand out their memory.
 */
export function onceForEachMemory<T>(make: (memory: WebAssembly.Memory) => T): (backend: BackendWasm) => T | undefined {
  const made = new WeakMap<WebAssembly.Memory, T>();
  return (backend) => {
    const { asm } = backend.wasm as unknown as { readonly asm?: { readonly memory?: WebAssembly.Memory } };
    const memory = asm?.memory;
    if (!(memory?.buffer instanceof ArrayBuffer)) return undefined;
    if (!made.has(memory)) made.set(memory, make(memory));
    return made.get(memory);
  };
}
