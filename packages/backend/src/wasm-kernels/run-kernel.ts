import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { getKernel, type NamedAttrMap, type TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { Inputs } from "../kernels/override.js";

/** Runs a registered wasm kernel on bare data, outside the engine: nothing is recorded or tracked. */
export function runKernel(backend: BackendWasm, kernelName: string, inputs: Inputs, attrs: object): TensorInfo {
  const kernel = getKernel(kernelName, "wasm");
  if (kernel === undefined || kernel === null) {
    throw new BackendError(
      `${kernelName}: expected tfjs-backend-wasm to have this kernel, found none. Install version 4.22 of it.`,
    );
  }
  return kernel.kernelFunc({
    inputs: inputs as { [name: string]: TensorInfo },
    backend,
    attrs: attrs as NamedAttrMap,
  }) as TensorInfo;
}
