import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend, env, findBackend, setBackend } from "@tensorflow/tfjs-core";
import type { BackendEntry } from "../backend-entry.js";
import { BackendError } from "../errors.js";
import { checkAllocations } from "../wasm/memory.js";
import { installWasmKernels } from "../wasm-kernels/install.js";
import { withWorkersThatStart } from "./threads.js";
import { fileName, whyNotLoaded } from "./wasm-files.js";

/** tfjs fixes the place of the .wasm files at the first start, for good. */
let startedWith: string | undefined;

const MULTITHREAD = "WASM_HAS_MULTITHREAD_SUPPORT";
const supports = async (flag: string) => Boolean(await env().getAsync(flag));

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
    const remarks: string[] = [];
    const paths = JSON.stringify(wasmPaths);
    const running = startedWith !== undefined;
    if (!running) {
      startedWith = paths ?? "";
      if (wasmPaths !== undefined) setWasmPaths(wasmPaths as Parameters<typeof setWasmPaths>[0]);
      if (threads !== undefined) setThreadsCount(threads);
      // tfjs takes its build for several threads wherever it can: it starts eight workers, and our kernels of models can't share its memory.
      if (threads === undefined || threads === 1) env().set(MULTITHREAD, false);
      installWasmKernels();
    } else if (paths !== undefined && paths !== startedWith) {
      remarks.push("wasmPaths was not used: tfjs keeps the files of the first start. Start a new process, or reload the page.");
    }
    const start = () => setBackend("wasm").catch(() => false);
    if (!(await (!running && threads !== undefined && threads > 1 ? withWorkersThatStart(start) : start()))) {
      throw new BackendError(
        running
          ? "an earlier start failed or it was removed, and tfjs does not start it twice; start a new process, or reload the page"
          : await whyNotLoaded(wasmPaths, fileName(await supports("WASM_HAS_SIMD_SUPPORT"), await supports(MULTITHREAD))),
      );
    }
    checkAllocations(backend() as BackendWasm);
    const simd = await supports("WASM_HAS_SIMD_SUPPORT");
    const multithreaded = await supports(MULTITHREAD);
    const count = multithreaded && findBackend("wasm") ? getThreadsCount() : 1;
    if (!simd) remarks.push("This engine has no WebAssembly SIMD: expect a quarter of the usual speed.");
    if (threads !== undefined && threads > count) {
      const why = multithreaded
        ? `tfjs takes at most half of the ${navigator.hardwareConcurrency} processors that the browser tells of`
        : "wasm threads need a cross-origin isolated page";
      remarks.push(`${threads} threads were asked for, ${count} ${count === 1 ? "is" : "are"} used: ${why}.`);
    }
    return {
      device: `WebAssembly on ${count} CPU thread${count === 1 ? "" : "s"}${simd ? " with SIMD" : ""}`,
      simd,
      threads: count,
      remarks,
    };
  },
};
