import type { BackendWasm } from "@tensorflow/tfjs-backend-wasm";
import { backend_util, type TensorInfo, util } from "@tensorflow/tfjs-core";
import { allocate, floats, release } from "../wasm/heap.js";
import { type Phase, phasesOf } from "./convolution-phases.js";
import { fallingBack } from "./fall-back.js";
import { prepared } from "./prepared.js";
import { runKernel } from "./run-kernel.js";

type Conv2DInfo = backend_util.Conv2DInfo;
/** Makes the small filter of a phase, and runs it: what differs between the dense and the depthwise convolution. */
export interface PhaseConvolution {
  readonly kernelName: "Conv2D" | "DepthwiseConv2dNative";
  filter(backend: BackendWasm, filter: TensorInfo, row: Phase, column: Phase, info: Conv2DInfo): TensorInfo;
}

/**
 * Gradient of conv2d with respect to its input, which is also the forward pass of conv2dTranspose: forward convolutions with the flipped filter,
 * its channels exchanged, one for each phase of the stride. The stock kernel is a plain loop, six to ten times slower.
 */
export const conv2DBackpropInput = fallingBack("Conv2DBackpropInput", (stock) => (args) => {
  const { dy, filter } = args.inputs as { dy: TensorInfo; filter: TensorInfo };
  const { strides, pad, dataFormat, dimRoundingMode, inputShape } = args.attrs as unknown as Conv2DAttributes;
  if (dataFormat === "NCHW" || util.sizeFromShape(inputShape) === 0 || util.sizeFromShape(dy.shape) === 0) return stock(args);
  const info = backend_util.computeConv2DInfo(inputShape, filter.shape as FilterShape, strides, 1, pad, dimRoundingMode, false);
  return convolveInPhases(args.backend, dy, filter, info, denseConvolution);
});

export type FilterShape = [number, number, number, number];
export interface Conv2DAttributes {
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number | backend_util.ExplicitPadding;
  readonly dataFormat?: "NHWC" | "NCHW";
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
  readonly inputShape: FilterShape;
}

const denseConvolution: PhaseConvolution = {
  kernelName: "Conv2D",
  filter(backend, filter, row, column, info) {
    const exchanged = runKernel(backend, "Transpose", { x: filter }, { perm: [0, 1, 3, 2] });
    const reversed = reversedTaps(backend, exchanged, row, column, info);
    release(backend, exchanged);
    return reversed;
  },
};

/** The sum over phases; `info` describes the forward convolution. */
export function convolveInPhases(
  backend: BackendWasm,
  dy: TensorInfo,
  filter: TensorInfo,
  info: Conv2DInfo,
  convolution: PhaseConvolution,
): TensorInfo {
  const rows = phasesOf({
    inputs: info.inHeight,
    outputs: info.outHeight,
    kernel: info.filterHeight,
    stride: info.strideHeight,
    padBefore: info.padInfo.top,
  });
  const columns = phasesOf({
    inputs: info.inWidth,
    outputs: info.outWidth,
    kernel: info.filterWidth,
    stride: info.strideWidth,
    padBefore: info.padInfo.left,
  });
  const convolve = (row: Phase, column: Phase) => {
    const key = `${convolution.kernelName} phase ${filter.shape.join()}/${info.strideHeight},${info.strideWidth}/${row.firstTap},${column.firstTap}`;
    const small = prepared(backend, filter, key, () => convolution.filter(backend, filter, row, column, info));
    return convolvePadded(backend, convolution.kernelName, dy, small, row, column);
  };
  // A phase without taps, or whose taps meet no output at all, gives no gradient.
  const isEmpty = (phase: Phase, outputs: number) =>
    phase.taps === 0 || outputs + Math.min(0, phase.padBefore) + Math.min(0, phase.padAfter) <= 0;
  const emptyRow = (row: Phase) => isEmpty(row, info.outHeight);
  const emptyColumn = (column: Phase) => isEmpty(column, info.outWidth);
  const someEmpty = rows.some(emptyRow) || columns.some(emptyColumn);
  if (info.strideHeight === 1 && info.strideWidth === 1 && !someEmpty) return convolve(rows[0]!, columns[0]!);

  const dx = allocate(backend, info.inShape);
  if (someEmpty) floats(backend, dx).fill(0);
  for (const row of rows) {
    for (const column of columns) {
      if (emptyRow(row) || emptyColumn(column)) continue;
      const part = convolve(row, column);
      scatterPhase(floats(backend, part), floats(backend, dx), row, column, info);
      release(backend, part);
    }
  }
  return dx;
}

/** A stride-1 convolution; a negative padding, which XNNPACK does not know, crops first. */
function convolvePadded(
  backend: BackendWasm,
  kernelName: PhaseConvolution["kernelName"],
  dy: TensorInfo,
  filter: TensorInfo,
  row: Phase,
  column: Phase,
): TensorInfo {
  const crop = {
    top: Math.max(0, -row.padBefore),
    bottom: Math.max(0, -row.padAfter),
    left: Math.max(0, -column.padBefore),
    right: Math.max(0, -column.padAfter),
  };
  const needsCrop = crop.top + crop.bottom + crop.left + crop.right > 0;
  const [batch, height, width, channels] = dy.shape as FilterShape;
  const x = needsCrop
    ? runKernel(
        backend,
        "Slice",
        { x: dy },
        {
          begin: [0, crop.top, crop.left, 0],
          size: [batch, height - crop.top - crop.bottom, width - crop.left - crop.right, channels],
        },
      )
    : dy;
  const pad = [
    [0, 0],
    [Math.max(0, row.padBefore), Math.max(0, row.padAfter)],
    [Math.max(0, column.padBefore), Math.max(0, column.padAfter)],
    [0, 0],
  ];
  const out = runKernel(backend, kernelName, { x, filter }, { strides: 1, dilations: 1, pad, dataFormat: "NHWC" });
  if (needsCrop) release(backend, x);
  return out;
}

/** Taps of one phase, reversed along both axes: [taps, taps, …], whatever a tap holds. */
export function reversedTaps(backend: BackendWasm, filter: TensorInfo, row: Phase, column: Phase, info: Conv2DInfo): TensorInfo {
  const tap = filter.shape.slice(2);
  const out = allocate(backend, [row.taps, column.taps, ...tap]);
  const [from, to] = [floats(backend, filter), floats(backend, out)];
  const size = util.sizeFromShape(tap);
  for (let u = 0; u < row.taps; u++) {
    const tapRow = row.firstTap + info.strideHeight * (row.taps - 1 - u);
    for (let v = 0; v < column.taps; v++) {
      const tapColumn = column.firstTap + info.strideWidth * (column.taps - 1 - v);
      const start = (tapRow * info.filterWidth + tapColumn) * size;
      to.set(from.subarray(start, start + size), (u * column.taps + v) * size);
    }
  }
  return out;
}

/** Writes a phase's pixels to their places, `stride` apart. */
function scatterPhase(part: Float32Array, dx: Float32Array, row: Phase, column: Phase, info: Conv2DInfo): void {
  const { batchSize, inHeight, inWidth, inChannels, strideHeight, strideWidth } = info;
  let source = 0;
  for (let n = 0; n < batchSize; n++) {
    for (let p = 0; p < row.count; p++) {
      const y = row.firstInput + strideHeight * p;
      let target = ((n * inHeight + y) * inWidth + column.firstInput) * inChannels;
      const skip = (strideWidth - 1) * inChannels;
      for (let q = 0; q < column.count; q++) {
        for (let c = 0; c < inChannels; c++) dx[target++] = part[source++]!;
        target += skip;
      }
    }
  }
}
