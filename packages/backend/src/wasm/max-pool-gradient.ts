import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelOverride } from "../kernels/override.js";
import { allocate, floats } from "./heap.js";

interface PoolingAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number;
}

/** Gradient of max pooling: all of a window's gradient goes to its first maximum. The stock wasm kernel loses windows without a positive number. */
export const maxPoolGrad: KernelOverride<BackendWasm> = {
  kernelName: "MaxPoolGrad",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
      const { filterSize, strides, pad } = attrs as unknown as PoolingAttributes;
      const info = backend_util.computePool2DInfo(input.shape as [number, number, number, number], filterSize, strides, 1, pad);
      const dx = allocate(backend, input.shape);
      const [from, x, to] = [floats(backend, dy), floats(backend, input), floats(backend, dx).fill(0)];
      const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth } = info;
      for (let n = 0; n < batchSize; n++) {
        for (let y = 0; y < outHeight; y++) {
          const top = y * info.strideHeight - info.padInfo.top;
          for (let column = 0; column < outWidth; column++) {
            const left = column * info.strideWidth - info.padInfo.left;
            for (let c = 0; c < inChannels; c++) {
              let best = -1;
              for (let i = Math.max(0, top); i < Math.min(inHeight, top + info.filterHeight); i++) {
                for (let j = Math.max(0, left); j < Math.min(inWidth, left + info.filterWidth); j++) {
                  const at = ((n * inHeight + i) * inWidth + j) * inChannels + c;
                  if (best < 0 || x[at]! > x[best]!) best = at;
                }
              }
              if (best >= 0) to[best]! += from[((n * outHeight + y) * outWidth + column) * inChannels + c]!;
            }
          }
        }
      }
      return dx;
    };
  },
};
