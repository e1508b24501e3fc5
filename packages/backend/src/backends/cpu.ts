import { setBackend } from "@tensorflow/tfjs-core";
import type { BackendEntry } from "../backend-entry.js";
import { fixResizeBilinearGradient } from "../cpu/resize-bilinear-gradient.js";
import { BackendError } from "../errors.js";

/** Plain JavaScript: runs everywhere, the reference for the others, about thirty times slower than wasm. */
export const cpuBackend: BackendEntry = {
  name: "cpu",
  options: [],
  obstacle: async () => undefined,
  async start() {
    await import("@tensorflow/tfjs-backend-cpu");
    fixResizeBilinearGradient();
    if (!(await setBackend("cpu")))
      throw new BackendError('useBackend: expected the "cpu" backend to start, but tfjs refused it.');
    return { device: "plain JavaScript on one CPU thread", threads: 1, remarks: [] };
  },
};
