/**
 * For kernels of our own on tfjs's wasm backend: its heap, an assembler, and modules that work on its memory. Importing it starts nothing.
 */
export type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
export * from "./wasm/assembler.js";
export { addressOf, allocate, floats, floatsOf, heapBytes, integers, release, sizeOf } from "./wasm/heap.js";
export { instantiate, onceForEachMemory } from "./wasm/instantiate.js";
