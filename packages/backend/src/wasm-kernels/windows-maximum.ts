import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import type { TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelOverride } from "../kernels/override.js";
import { poolSizes, refuseRoundingUp } from "../kernels/rounding.js";
import { forEachMaximum, imageWindows, type PoolingAttributes, volumeWindows, type Windows } from "../kernels/windows.js";
import { allocate, floatsOf, integers } from "../wasm/heap.js";

/**
 * Maxima over windows. The stock wasm kernels start from the smallest positive number, and so lose every window without a positive one: max pooling's
 * gradient, 3-D max pooling and max pooling with positions.
 */
const outputShape = ({ batch, outputs, channels }: Windows) => [batch, ...outputs, channels];

/** All of a window's gradient goes to its first maximum. */
function gradient(kernelName: string, windowsOf: typeof imageWindows): KernelOverride<BackendWasm> {
  return {
    kernelName,
    make() {
      return ({ inputs, backend, attrs }) => {
        const { dy, input } = inputs as { dy: TensorInfo; input: TensorInfo };
        const dx = allocate(backend, input.shape);
        const [from, x, to] = floatsOf(backend, dy, input, dx);
        to.fill(0);
        forEachMaximum(x, windowsOf(input.shape, attrs), (output, place) => {
          to[place]! += from[output]!;
        });
        return dx;
      };
    },
  };
}

const maxPool3d: KernelOverride<BackendWasm> = {
  kernelName: "MaxPool3D",
  make() {
    return ({ inputs, backend, attrs }) => {
      const input = inputs.x as TensorInfo;
      const pooling = attrs as unknown as PoolingAttributes;
      refuseRoundingUp("MaxPool3D", pooling.dimRoundingMode, poolSizes(input.shape, pooling));
      const windows = volumeWindows(input.shape, attrs);
      const out = allocate(backend, outputShape(windows));
      const [x, to] = floatsOf(backend, input, out);
      forEachMaximum(x, windows, (output, place) => {
        to[output] = x[place]!;
      });
      return out;
    };
  },
};

const maxPoolWithArgmax: KernelOverride<BackendWasm> = {
  kernelName: "MaxPoolWithArgmax",
  make() {
    return ({ inputs, backend, attrs }) => {
      const input = inputs.x as TensorInfo;
      const windows = imageWindows(input.shape, attrs);
      const [batch, , ...rest] = outputShape(windows);
      const out = allocate(backend, [batch!, ...rest]);
      const places = allocate(backend, [batch!, ...rest], "int32");
      const imageSize = input.shape.slice(1).reduce((a, b) => a * b, 1);
      const { includeBatchInIndex } = attrs as unknown as PoolingAttributes;
      const [x, to] = floatsOf(backend, input, out);
      const at = integers(backend, places);
      forEachMaximum(x, windows, (output, place) => {
        to[output] = x[place]!;
        at[output] = includeBatchInIndex ? place : place % imageSize;
      });
      return [out, places] as never;
    };
  },
};

export const windowsMaxima: readonly KernelOverride<BackendWasm>[] = [
  gradient("MaxPoolGrad", imageWindows),
  gradient("MaxPool3DGrad", volumeWindows),
  maxPool3d,
  maxPoolWithArgmax,
];
