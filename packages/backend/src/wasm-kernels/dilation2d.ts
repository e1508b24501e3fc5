import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo } from "@tensorflow/tfjs-core";
import type { KernelOverride } from "../kernels/override.js";
import { allocate, floatsOf } from "../wasm/heap.js";

interface Attributes {
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid";
  readonly dilations: number | [number, number];
}

/**
 * Calls `visit` for every output of a greyscale dilation, max of x + filter over a window, with the places of its first maximum in x and in the filter:
 * flat indices all three.
 */
function forEachMaximum(
  { xShape, filterShape, strides, pad, dilations }: Attributes & { xShape: readonly number[]; filterShape: readonly number[] },
  x: Float32Array,
  filter: Float32Array,
  visit: (output: number, pixel: number, tap: number) => void,
): void {
  const info = dilationInfo(xShape, filterShape, { strides, pad, dilations });
  const { inHeight, inWidth, inChannels, padInfo } = info;
  let output = 0;
  for (let n = 0; n < info.batchSize; n++) {
    for (let y = 0; y < info.outHeight; y++) {
      for (let column = 0; column < info.outWidth; column++) {
        for (let c = 0; c < inChannels; c++, output++) {
          let [pixel, tap, best] = [-1, -1, Number.NEGATIVE_INFINITY];
          for (let i = 0; i < info.filterHeight; i++) {
            const row = y * info.strideHeight - padInfo.top + i * info.dilationHeight;
            if (row < 0 || row >= inHeight) continue;
            for (let j = 0; j < info.filterWidth; j++) {
              const place = column * info.strideWidth - padInfo.left + j * info.dilationWidth;
              if (place < 0 || place >= inWidth) continue;
              const at = ((n * inHeight + row) * inWidth + place) * inChannels + c;
              const tapAt = (i * info.filterWidth + j) * inChannels + c;
              const value = x[at]! + filter[tapAt]!;
              if (pixel < 0 || value > best) [pixel, tap, best] = [at, tapAt, value];
            }
          }
          if (pixel >= 0) visit(output, pixel, tap);
        }
      }
    }
  }
}

const dilationInfo = (xShape: readonly number[], filterShape: readonly number[], { strides, pad, dilations }: Attributes) =>
  backend_util.computeDilation2DInfo(
    xShape as [number, number, number, number],
    filterShape as [number, number, number],
    strides,
    pad,
    "NHWC",
    dilations,
  );

/** Forward. The stock wasm kernels start from the smallest positive number, and so lose every window without a positive sum. */
const forward: KernelOverride<BackendWasm> = {
  kernelName: "Dilation2D",
  make() {
    return ({ inputs, backend, attrs }) => {
      const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
      const window = { xShape: x.shape, filterShape: filter.shape, ...(attrs as unknown as Attributes) };
      const out = allocate(backend, dilationInfo(x.shape, filter.shape, window).outShape);
      const [image, taps, to] = floatsOf(backend, x, filter, out);
      forEachMaximum(window, image, taps, (output, pixel, tap) => {
        to[output] = image[pixel]! + taps[tap]!;
      });
      return out;
    };
  },
};

/** Each output's gradient goes to the pixel, or to the tap, that made the maximum. */
function gradient(kernelName: string, of: "x" | "filter"): KernelOverride<BackendWasm> {
  return {
    kernelName,
    make() {
      return ({ inputs, backend, attrs }) => {
        const { x, filter, dy } = inputs as { x: TensorInfo; filter: TensorInfo; dy: TensorInfo };
        const window = { xShape: x.shape, filterShape: filter.shape, ...(attrs as unknown as Attributes) };
        const out = allocate(backend, (of === "x" ? x : filter).shape);
        const [image, taps, from, to] = floatsOf(backend, x, filter, dy, out);
        to.fill(0);
        forEachMaximum(window, image, taps, (output, pixel, tap) => {
          to[of === "x" ? pixel : tap]! += from[output]!;
        });
        return out;
      };
    },
  };
}

export const dilation2d: readonly KernelOverride<BackendWasm>[] = [
  forward,
  gradient("Dilation2DBackpropInput", "x"),
  gradient("Dilation2DBackpropFilter", "filter"),
];
