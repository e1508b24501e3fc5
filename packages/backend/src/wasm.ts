/**
 * For kernels of our own on tfjs's wasm backend: its heap, an assembler, and modules that work on its memory. Importing it starts nothing.
 */
export * from "./wasm/assembler.js";
export { addressOf, allocate, floats, floatsOf, heapBytes, integers, release } from "./wasm/heap.js";
export { instantiate, onceForEachMemory } from "./wasm/instantiate.js";
