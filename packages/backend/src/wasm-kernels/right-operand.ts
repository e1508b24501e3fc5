import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelFunction } from "../kernels/override.js";
import { makeWindow, releaseWindow } from "../wasm/heap.js";

/** "rows,columns" in which data was first met on the right of a product. */
const firstShapes = new WeakMap<object, string>();

/**
 * A matrix product's stock kernel, made safe for data that is met on the right in more than one shape. It keeps the matrix in XNNPACK's packed form by
 * the identity of the data, forgets its shape, and so multiplies a reshaped matrix by the old one, also beyond the end of the output. In every other
 * shape than the first, the data is shown to it under an identity of its own.
 */
export function rememberingShapes(stock: KernelFunction<BackendWasm>): KernelFunction<BackendWasm> {
  return (args) => {
    const { backend, inputs } = args;
    const b = inputs.b as TensorInfo;
    const shape = b.shape.slice(-2).join();
    const first = firstShapes.get(b.dataId);
    if (first === undefined) firstShapes.set(b.dataId, shape);
    if (first === undefined || first === shape || b.dtype !== "float32") return stock(args);
    const window = makeWindow(backend, b, 0, b.shape);
    try {
      return stock({ ...args, inputs: { ...inputs, b: window } });
    } finally {
      releaseWindow(backend, window);
    }
  };
}
