import { setBackend } from "@tensorflow/tfjs-core";
import type { BackendEntry } from "../backend-entry.js";
import { installCpuKernels } from "../cpu-kernels/install.js";
import { BackendError } from "../errors.js";

/** Plain JavaScript: runs everywhere, the reference for the others, about thirty times slower than wasm. */
export const cpuBackend: BackendEntry = {
  name: "cpu",
  options: [],
  obstacle: async () => undefined,
  async start() {
    await import("@tensorflow/tfjs-backend-cpu");
    installCpuKernels();
    if (!(await setBackend("cpu"))) throw new BackendError("tfjs refused to make it current");
    return { device: "plain JavaScript on one CPU thread", threads: 1, remarks: [] };
  },
};
