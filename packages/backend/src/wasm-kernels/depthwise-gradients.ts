import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { BackendError } from "../errors.js";
import type { KernelOverride } from "../kernels/override.js";
import { allocate, floatsOf } from "../wasm/heap.js";
import {
  type Conv2DAttributes,
  convolveInPhases,
  type FilterShape,
  type PhaseConvolution,
  reversedTaps,
} from "./conv2d-input-gradient.js";

type Conv2DInfo = backend_util.Conv2DInfo;
type DepthwiseAttributes = Conv2DAttributes & { dilations: number | [number, number]; filterShape: FilterShape };

/** Gradient of depthwiseConv2d with respect to its input; tfjs-backend-wasm has none. */
export const depthwiseBackpropInput: KernelOverride<BackendWasm> = {
  kernelName: "DepthwiseConv2dNativeBackpropInput",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
      const { inputShape, ...rest } = attrs as unknown as DepthwiseAttributes;
      const info = depthwiseInfo("DepthwiseConv2dNativeBackpropInput", inputShape, filter.shape as FilterShape, rest);
      // One output channel an input channel is again a depthwise convolution, which XNNPACK does; several are rare enough for a plain loop.
      if (filter.shape[3] === 1) return convolveInPhases(backend, dy, filter, info, depthwiseConvolution);
      const dx = allocate(backend, inputShape);
      const [gradient, weights, to] = floatsOf(backend, dy, filter, dx);
      to.fill(0);
      visitTaps(info, (input, output, tap) => {
        to[input]! += gradient[output]! * weights[tap]!;
      });
      return dx;
    };
  },
};

/** Gradient of depthwiseConv2d with respect to its filter; tfjs-backend-wasm has none. */
export const depthwiseBackpropFilter: KernelOverride<BackendWasm> = {
  kernelName: "DepthwiseConv2dNativeBackpropFilter",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
      const { filterShape, ...rest } = attrs as unknown as DepthwiseAttributes;
      const info = depthwiseInfo("DepthwiseConv2dNativeBackpropFilter", x.shape as FilterShape, filterShape, rest);
      const dFilter = allocate(backend, filterShape);
      const [image, gradient, to] = floatsOf(backend, x, dy, dFilter);
      to.fill(0);
      visitTaps(info, (input, output, tap) => {
        to[tap]! += image[input]! * gradient[output]!;
      });
      return dFilter;
    };
  },
};

function depthwiseInfo(
  kernel: string,
  inputShape: FilterShape,
  filterShape: FilterShape,
  attrs: Omit<DepthwiseAttributes, "inputShape" | "filterShape">,
) {
  const { strides, dilations, pad, dimRoundingMode } = attrs;
  const info = backend_util.computeConv2DInfo(inputShape, filterShape, strides, dilations, pad, dimRoundingMode, true);
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1) {
    throw new BackendError(
      `${kernel}: expected dilation 1, got [${info.dilationHeight}, ${info.dilationWidth}]. Dilated gradients are not supported by tfjs.`,
    );
  }
  return info;
}

const depthwiseConvolution: PhaseConvolution = { kernelName: "DepthwiseConv2dNative", filter: reversedTaps };

/** Calls `visit` with the flat indices (input, output, filter) of every multiplication of the forward pass. */
function visitTaps(info: Conv2DInfo, visit: (input: number, output: number, tap: number) => void): void {
  const { batchSize, inHeight, inWidth, inChannels, outHeight, outWidth, outChannels, filterHeight, filterWidth } = info;
  const multiplier = outChannels / inChannels;
  for (let n = 0; n < batchSize; n++) {
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const output = ((n * outHeight + y) * outWidth + x) * outChannels;
        for (let i = 0; i < filterHeight; i++) {
          const row = y * info.strideHeight + i - info.padInfo.top;
          if (row < 0 || row >= inHeight) continue;
          for (let j = 0; j < filterWidth; j++) {
            const column = x * info.strideWidth + j - info.padInfo.left;
            if (column < 0 || column >= inWidth) continue;
            const input = ((n * inHeight + row) * inWidth + column) * inChannels;
            const tap = (i * filterWidth + j) * outChannels;
            for (let c = 0; c < outChannels; c++) visit(input + Math.floor(c / multiplier), output + c, tap + c);
          }
        }
      }
    }
  }
}
