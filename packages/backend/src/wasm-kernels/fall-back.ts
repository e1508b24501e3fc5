import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { BackendError } from "../errors.js";
import type { KernelFunction, KernelOverride } from "../kernels/override.js";

/** An override that leaves some of its calls to the stock kernel, without which it can't be made. */
export function fallingBack(
  kernelName: string,
  make: (stock: KernelFunction<BackendWasm>) => KernelFunction<BackendWasm>,
): KernelOverride<BackendWasm> {
  return {
    kernelName,
    make(stock) {
      if (stock !== undefined) return make(stock);
      throw new BackendError(`${kernelName}: expected tfjs-backend-wasm to be imported before its kernels are replaced.`);
    },
  };
}
