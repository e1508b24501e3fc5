import { backend_util } from "@tensorflow/tfjs-core";
import type { Rounding } from "./rounding.js";

/** Attributes of tfjs's pooling kernels. */
export interface PoolingAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "same" | "valid" | number;
  readonly includeBatchInIndex?: boolean;
  readonly dimRoundingMode?: Rounding;
}

/** Images are volumes of depth 1. */
export interface Windows {
  readonly batch: number;
  readonly channels: number;
  readonly outputs: readonly [number, number, number];
  readonly inputs: readonly [number, number, number];
  readonly window: readonly [number, number, number];
  readonly strides: readonly [number, number, number];
  readonly before: readonly [number, number, number];
}

export function imageWindows(shape: readonly number[], attrs: object): Windows {
  const { filterSize, strides, pad } = attrs as PoolingAttributes;
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

export function volumeWindows(shape: readonly number[], attrs: object): Windows {
  const { filterSize, strides, pad } = attrs as PoolingAttributes;
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
export function forEachMaximum(x: Float32Array, windows: Windows, visit: (output: number, place: number) => void): void {
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
