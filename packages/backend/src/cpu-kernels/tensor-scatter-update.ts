import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { KernelOverride } from "../kernels/override.js";

/** tf.tensorScatterUpdate on a copy: the stock cpu kernel writes into its input. */
export const tensorScatterUpdate: KernelOverride<MathBackendCPU> = {
  kernelName: "TensorScatterUpdate",
  make(stock) {
    if (stock === undefined) {
      throw new BackendError("TensorScatterUpdate: expected tfjs-backend-cpu to be imported before its kernels are replaced.");
    }
    return (args) => {
      const { backend, inputs } = args;
      const tensor = inputs.tensor as TensorInfo;
      const values = backend.data.get(tensor.dataId).values as Float32Array;
      const copy = backend.makeTensorInfo(tensor.shape, tensor.dtype, values.slice());
      const out = stock({ ...args, inputs: { ...inputs, tensor: copy } });
      backend.disposeIntermediateTensorInfo(copy);
      return out;
    };
  },
};
