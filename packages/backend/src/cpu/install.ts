import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import { util } from "@tensorflow/tfjs-core";
import { installOverride, type KernelOverride } from "../kernels/override.js";
import { type Resize, resizeBilinearGradient, resizeNearestGradient } from "../kernels/resize-gradients.js";

/**
 * The stock cpu kernels swap height and width (bilinear), mix images of a batch (nearest), and ignore half-pixel centres (both).
 */
function resizeGradientOnCpu(kernelName: string, accumulate: typeof resizeBilinearGradient): KernelOverride<MathBackendCPU> {
  return {
    kernelName,
    make() {
      return ({ inputs, backend, attrs }) => {
        const { images, dy } = inputs as { images: TensorInfo; dy: TensorInfo };
        const { alignCorners = false, halfPixelCenters = false } = attrs as {
          alignCorners?: boolean;
          halfPixelCenters?: boolean;
        };
        const dx = new Float32Array(util.sizeFromShape(images.shape));
        const output = [dy.shape[1]!, dy.shape[2]!] as const;
        accumulate(backend.data.get(dy.dataId).values as Float32Array, dx, {
          input: images.shape as unknown as Resize["input"],
          output,
          alignCorners,
          halfPixelCenters,
        });
        return backend.makeTensorInfo(images.shape, "float32", dx);
      };
    },
  };
}

/** Puts right what the stock cpu kernels get wrong. They must have been imported before. */
export function installCpuKernels(): void {
  installOverride("cpu", resizeGradientOnCpu("ResizeBilinearGrad", resizeBilinearGradient));
  installOverride("cpu", resizeGradientOnCpu("ResizeNearestNeighborGrad", resizeNearestGradient));
}
