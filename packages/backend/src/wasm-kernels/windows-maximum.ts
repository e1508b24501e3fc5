import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import { poolSizes, type Rounding, refuseRoundingUp } from "../gradients/rounding.js";
import type { KernelOverride } from "../kernels/override.js";
import { allocate, floatsOf, integers } from "../wasm/heap.js";

/**
 * Maxima over windows. The stock wasm kernels start from the smallest positive number, and so lose every window without a positive one: max pooling's
 * gradient, 3-D max pooling and max pooling with positions.
 */
interface Attributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number;
  readonly includeBatchInIndex?: boolean;
  readonly dimRoundingMode?: Rounding;
}

/** Images are volumes of depth 1. */
interface Windows {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: readonly [number, number, number];
  readonly inputs: readonly [number, number, number];
  readonly window: readonly [number, number, number];
  readonly strides: readonly [number, number, number];
  readonly before: readonly [number, number, number];
}

function imageWindows(shape: readonly number[], attrs: object): Windows {
  const { filterSize, strides, pad } = attrs as Attributes;
  const info = backend_util.computePool2DInfo(shape as [number, number, number, number], filterSize, strides, 1, pad);
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    outputs: [1, info.outHeight, info.outWidth],
    inputs: [1, info.inHeight, info.inWidth],
    window: [1, info.filterHeight, info.filterWidth],
    strides: [1, info.strideHeight, info.strideWidth],
    before: [0, info.padInfo.top, info.padInfo.left],
  };
}

function volumeWindows(shape: readonly number[], attrs: object): Windows {
  const { filterSize, strides, pad } = attrs as Attributes;
  const info = backend_util.computePool3DInfo(
    shape as [number, number, number, number, number],
    filterSize as number,
    strides as number,
    1,
    pad,
  );
  return {
    batch: info.batchSize,
    channels: info.inChannels,
    outputs: [info.outDepth, info.outHeight, info.outWidth],
    inputs: [info.inDepth, info.inHeight, info.inWidth],
    window: [info.filterDepth, info.filterHeight, info.filterWidth],
    strides: [info.strideDepth, info.strideHeight, info.strideWidth],
    before: [info.padInfo.front, info.padInfo.top, info.padInfo.left],
  };
}

/** Calls `visit` for every output with the place of its window's first maximum in x; both as flat indices. */
function forEachMaximum(x: Float32Array, windows: Windows, visit: (output: number, place: number) => void): void {
  const { batch, channels, outputs, inputs, window, strides, before } = windows;
  const range = (axis: 0 | 1 | 2, output: number) => {
    const start = output * strides[axis] - before[axis];
    return [Math.max(0, start), Math.min(inputs[axis], start + window[axis])] as const;
  };
  let output = 0;
  for (let n = 0; n < batch; n++) {
    for (let z = 0; z < outputs[0]; z++) {
      const [zFirst, zEnd] = range(0, z);
      for (let y = 0; y < outputs[1]; y++) {
        const [yFirst, yEnd] = range(1, y);
        for (let column = 0; column < outputs[2]; column++) {
          const [first, end] = range(2, column);
          for (let c = 0; c < channels; c++, output++) {
            let best = -1;
            for (let i = zFirst; i < zEnd; i++) {
              for (let j = yFirst; j < yEnd; j++) {
                const row = ((n * inputs[0] + i) * inputs[1] + j) * inputs[2];
                for (let k = first; k < end; k++) {
                  const at = (row + k) * channels + c;
                  // NaN wins, as on cpu.
                  if (best < 0 || x[at]! > x[best]! || (Number.isNaN(x[at]) && !Number.isNaN(x[best]))) best = at;
                }
              }
            }
            if (best >= 0) visit(output, best);
          }
        }
      }
    }
  }
}

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
      const pooling = attrs as unknown as Attributes;
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
      const { includeBatchInIndex } = attrs as unknown as Attributes;
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
