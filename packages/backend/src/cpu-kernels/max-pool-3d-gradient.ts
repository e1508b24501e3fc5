import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelOverride } from "../kernels/override.js";
import { forEachMaximum, volumeWindows } from "../kernels/windows.js";

/** The gradient of 3-D max pooling, all of a window's to its first maximum: the stock cpu kernel takes windows' widths for their heights. */
export const maxPool3dGradient: KernelOverride<MathBackendCPU> = {
  kernelName: "MaxPool3DGrad",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
      const [from, x] = [dy, input].map(({ dataId }) => backend.data.get(dataId).values as Float32Array);
      const dx = new Float32Array(x!.length);
      forEachMaximum(x!, volumeWindows(input.shape, attrs), (output, place) => {
        dx[place]! += from![output]!;
      });
      return backend.makeTensorInfo(input.shape, "float32", dx);
    };
  },
};
