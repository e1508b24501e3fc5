import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { resizeGradients } from "../kernels/resize-gradients.js";
import { allocate, floatsOf } from "../wasm/heap.js";

export const wasmResizeGradients = resizeGradients<BackendWasm>({ allocate, views: floatsOf });
