import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelOverride } from "../kernels/override.js";
import { allocate, floatsOf } from "../wasm/heap.js";

type Shape5 = [number, number, number, number, number];
type Conv3DInfo = ReturnType<typeof backend_util.computeConv3DInfo>;

interface Attributes {
  readonly strides: number | [number, number, number];
  readonly pad: "same" | "valid";
  readonly inputShape: Shape5;
  readonly filterShape: Shape5;
}

/** Calls `visit` for every pair of a filter tap and an output voxel that reads inside the volume, with the start of each one's channels. */
function forEachTap(info: Conv3DInfo, visit: (input: number, tap: number, output: number) => void): void {
  const { padInfo, inChannels, outChannels } = info;
  let output = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let z = 0; z < info.outDepth; z++) {
      for (let y = 0; y < info.outHeight; y++) {
        for (let x = 0; x < info.outWidth; x++, output += outChannels) {
          for (let i = 0; i < info.filterDepth; i++) {
            const plane = z * info.strideDepth + i - padInfo.front;
            if (plane < 0 || plane >= info.inDepth) continue;
            for (let j = 0; j < info.filterHeight; j++) {
              const row = y * info.strideHeight + j - padInfo.top;
              if (row < 0 || row >= info.inHeight) continue;
              for (let k = 0; k < info.filterWidth; k++) {
                const column = x * info.strideWidth + k - padInfo.left;
                if (column < 0 || column >= info.inWidth) continue;
                const input = (((n * info.inDepth + plane) * info.inHeight + row) * info.inWidth + column) * inChannels;
                const tap = ((i * info.filterHeight + j) * info.filterWidth + k) * inChannels * outChannels;
                visit(input, tap, output);
              }
            }
          }
        }
      }
    }
  }
}

/** Gradient of a 3-D convolution with respect to its input, and the forward pass of its transpose. The stock wasm kernel is wrong at padding and strides. */
const inputGradient: KernelOverride<BackendWasm> = {
  kernelName: "Conv3DBackpropInputV2",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
      const { strides, pad, inputShape } = attrs as unknown as Attributes;
      const info = backend_util.computeConv3DInfo(inputShape, filter.shape as Shape5, strides, 1, pad);
      const dx = allocate(backend, inputShape);
      const [from, taps, to] = floatsOf(backend, dy, filter, dx);
      to.fill(0);
      const { inChannels, outChannels } = info;
      forEachTap(info, (input, tap, output) => {
        for (let c = 0; c < inChannels; c++) {
          let sum = 0;
          const row = tap + c * outChannels;
          for (let o = 0; o < outChannels; o++) sum += from[output + o]! * taps[row + o]!;
          to[input + c]! += sum;
        }
      });
      return dx;
    };
  },
};

/** Gradient of a 3-D convolution with respect to its filter. The stock wasm kernel is wrong with strides. */
const filterGradient: KernelOverride<BackendWasm> = {
  kernelName: "Conv3DBackpropFilterV2",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      const { strides, pad, filterShape } = attrs as unknown as Attributes;
      const info = backend_util.computeConv3DInfo(x.shape as Shape5, filterShape, strides, 1, pad);
      const dFilter = allocate(backend, filterShape);
      const [image, from, to] = floatsOf(backend, x, dy, dFilter);
      to.fill(0);
      const { inChannels, outChannels } = info;
      forEachTap(info, (input, tap, output) => {
        for (let c = 0; c < inChannels; c++) {
          const value = image[input + c]!;
          const row = tap + c * outChannels;
          for (let o = 0; o < outChannels; o++) to[row + o]! += value * from[output + o]!;
        }
      });
      return dFilter;
    };
  },
};

export const conv3dGradients: readonly KernelOverride<BackendWasm>[] = [inputGradient, filterGradient];
