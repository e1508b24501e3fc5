import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { resizeGradients } from "../kernels/resize-gradients.js";
import { allocate, floats } from "./heap.js";

export const wasmResizeGradients = resizeGradients<BackendWasm>({
  read: floats,
  zeros(backend, shape) {
    const info = allocate(backend, shape);
    return { info, data: floats(backend, info).fill(0) };
  },
});
