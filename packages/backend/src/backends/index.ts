import type { BackendEntry } from "../backend-entry.js";
import { cpuBackend } from "./cpu.js";
import { wasmBackend } from "./wasm.js";

/** Every backend of this version, fastest first: the order in which `auto` tries them. */
export const backends: readonly BackendEntry[] = [wasmBackend, cpuBackend];
