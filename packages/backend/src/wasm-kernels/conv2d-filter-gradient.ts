import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { KernelOverride } from "../kernels/override.js";
import { allocate, floats, release, withShape } from "../wasm/heap.js";
import type { Conv2DAttributes, FilterShape } from "./conv2d-input-gradient.js";
import { runKernel } from "./run-kernel.js";
import { ShiftedImages } from "./shifted-images.js";

type Conv2DInfo = backend_util.Conv2DInfo;

/** Scratch for shifted copies of the input, in floats (64 MB): all taps at once for small images, a few at a time for large ones. */
const SCRATCH_LIMIT = 16 * 2 ** 20;

/**
 * Gradient of conv2d with respect to its filter, a kernel that tfjs-backend-wasm lacks. For one tap it is a matrix product over all pixels:
 * (input shifted by the tap, as [in channels, pixels]) × (output gradient, as [pixels, out channels]). The shifted inputs of several taps are
 * stacked, so that one large product does them together.
 */
export const conv2DBackpropFilter: KernelOverride<BackendWasm> = {
  kernelName: "Conv2DBackpropFilter",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      const { strides, pad, dataFormat, dimRoundingMode, filterShape } = attrs as unknown as Conv2DAttributes & {
        filterShape: FilterShape;
      };
      if (dataFormat === "NCHW")
        throw new BackendError('Conv2DBackpropFilter: expected dataFormat "NHWC" on wasm, got "NCHW". Transpose the input.');
      const info = backend_util.computeConv2DInfo(x.shape as FilterShape, filterShape, strides, 1, pad, dimRoundingMode, false);
      if (util.sizeFromShape(x.shape) === 0 || util.sizeFromShape(dy.shape) === 0) {
        const zeros = allocate(backend, filterShape);
        floats(backend, zeros).fill(0);
        return zeros;
      }
      return filterGradient(backend, x, dy, info);
    };
  },
};

function filterGradient(backend: BackendWasm, x: TensorInfo, dy: TensorInfo, info: Conv2DInfo): TensorInfo {
  const { filterHeight, filterWidth, inChannels, outChannels, batchSize, outHeight, outWidth } = info;
  const taps = filterHeight * filterWidth;
  const pixels = batchSize * outHeight * outWidth;
  const tapsAtOnce = Math.min(taps, Math.max(1, Math.floor(SCRATCH_LIMIT / (inChannels * pixels))));

  const dyMatrix = withShape(dy, [1, pixels, outChannels]);
  const dFilter = allocate(backend, info.filterShape);
  const seen = allocate(backend, [1, tapsAtOnce * inChannels, pixels]);
  const images = new ShiftedImages(backend, x, info);
  for (let tap = 0; tap < taps; tap += tapsAtOnce) {
    const count = Math.min(tapsAtOnce, taps - tap);
    for (let i = 0; i < count; i++) {
      images.copyTap(Math.floor((tap + i) / filterWidth), (tap + i) % filterWidth, seen, i * inChannels * pixels);
    }
    const rows = withShape(seen, [1, count * inChannels, pixels]);
    const product = runKernel(backend, "BatchMatMul", { a: rows, b: dyMatrix }, { transposeA: false, transposeB: false });
    floats(backend, dFilter).set(floats(backend, product), tap * inChannels * outChannels);
    release(backend, product);
  }
  images.dispose();
  release(backend, seen);
  return dFilter;
}
