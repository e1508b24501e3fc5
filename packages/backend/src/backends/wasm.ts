import { env, setBackend } from "@tensorflow/tfjs-core";
import type { BackendEntry } from "../backend-entry.js";
import { BackendError } from "../errors.js";
import { installWasmKernels } from "../wasm/install.js";

/** WebAssembly with SIMD on the CPU, with our kernels over the stock ones. One thread in Node. */
export const wasmBackend: BackendEntry = {
  name: "wasm",
  options: ["wasmPaths", "threads"],

  async obstacle() {
    if (typeof WebAssembly !== "object")
      return "this JavaScript engine has no WebAssembly; use a current browser or Node ≥ 20.19, or the cpu backend";
    return undefined;
  },

  async start({ wasmPaths, threads }) {
    const { getThreadsCount, setThreadsCount, setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
    if (wasmPaths !== undefined) setWasmPaths(wasmPaths as Parameters<typeof setWasmPaths>[0]);
    if (threads !== undefined) setThreadsCount(threads);
    installWasmKernels();
    if (!(await setBackend("wasm"))) {
      throw new BackendError(
        'useBackend: expected the "wasm" backend to start, but its .wasm file could not be loaded. In a browser, serve the files of ' +
          "@tensorflow/tfjs-backend-wasm/dist and name their folder in the option wasmPaths.",
      );
    }
    const simd = Boolean(await env().getAsync("WASM_HAS_SIMD_SUPPORT"));
    const multithreaded = Boolean(await env().getAsync("WASM_HAS_MULTITHREAD_SUPPORT"));
    const count = multithreaded ? getThreadsCount() : 1;
    const remarks = [];
    if (!simd) remarks.push("This engine has no WebAssembly SIMD: expect a quarter of the usual speed.");
    if (threads !== undefined && threads > count) {
      remarks.push(
        `${threads} threads were asked for, ${count} ${count === 1 ? "is" : "are"} used: wasm threads need a cross-origin isolated page.`,
      );
    }
    return {
      device: `WebAssembly on ${count} CPU thread${count === 1 ? "" : "s"}${simd ? " with SIMD" : ""}`,
      simd,
      threads: count,
      remarks,
    };
  },
};
