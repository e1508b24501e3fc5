import { intOf } from "../../graph/attributes.js";
import type { Attributes, OnnxTensor } from "../../graph/model.js";
import { transposedWindowsOf, type Windows, windowsOf } from "../../shapes/spatial.js";
import type { GradientContext, GradientRules } from "../context.js";

/** Conv and ConvTranspose: each is the other's gradient with respect to its input. */
export const convolutionRules: GradientRules = {
  Conv: (context, dy) => {
    const windows = windowsOf(context.node, context.spatial(context.input(0)), context.spatial(context.input(1)));
    return [
      () => convolutionInputGradient(context, dy, windows),
      () =>
        filterGradient(
          context,
          { x: context.input(0), size: context.spatial(context.input(0)) },
          { dy, size: windows.output },
          windows,
        ),
      () => biasGradient(context, dy),
    ];
  },
  ConvTranspose: (context, dy) => {
    const windows = transposedWindowsOf(context.node, context.spatial(context.input(0)), context.spatial(context.input(1)));
    return [
      () => context.graph.op("Conv", [dy, context.input(1)], windowAttributes(context, windows)),
      // As a convolution its input is dy's side and its output x's side.
      () =>
        filterGradient(
          context,
          { x: dy, size: windows.output },
          { dy: context.input(0), size: context.spatial(context.input(0)) },
          windows,
        ),
      () => biasGradient(context, dy),
    ];
  },
};

function windowAttributes(context: GradientContext, { strides, dilations, begin, end, kernel }: Windows): Attributes {
  return {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...begin, ...end] },
    group: { int: intOf(context.node, "group", 1) },
  };
}

/**
 * With stride 1 it is a convolution with the flipped, transposed filter: runtimes have faster kernels for Conv than for ConvTranspose. The filter
 * is prepared here, once, when it is a constant of the model.
 */
function convolutionInputGradient(context: GradientContext, dy: string, windows: Windows): string {
  const { graph } = context;
  const { strides, dilations, kernel, begin, end, output } = windows;
  const input = context.spatial(context.input(0));
  const weights = context.weights(context.input(1));
  const reach = kernel.map((k, i) => (k - 1) * dilations[i]!);
  const pads = [...reach.map((r, i) => r - begin[i]!), ...reach.map((r, i) => r - end[i]!)];
  const attributes = windowAttributes(context, windows);
  const group = intOf(context.node, "group", 1);
  if (weights?.type === "float32" && strides.every((stride) => stride === 1) && pads.every((pad) => pad >= 0)) {
    const flipped = graph.constant(flippedTransposed(weights, group), `${context.input(1)}_flipped`);
    return graph.op("Conv", [dy, flipped], { ...attributes, pads: { ints: pads } });
  }
  const extra = input.map((size, i) => size - (strides[i]! * (output[i]! - 1) + reach[i]! + 1 - begin[i]! - end[i]!));
  return graph.op("ConvTranspose", [dy, context.input(1)], { ...attributes, output_padding: { ints: extra } });
}

/** [outputs, inputs/g, …taps] → [inputs, outputs/g, …taps in reverse]. */
function flippedTransposed({ dims, data, type }: OnnxTensor, groups: number): OnnxTensor {
  const [outputs, inputs, ...kernel] = dims as [number, number, ...number[]];
  const taps = kernel.reduce((product, k) => product * k, 1);
  const outputsInGroup = outputs / groups;
  const source = data as Float32Array;
  const result = new Float32Array(source.length);
  for (let o = 0; o < outputs; o++) {
    const g = Math.floor(o / outputsInGroup);
    for (let c = 0; c < inputs; c++) {
      const from = (o * inputs + c) * taps;
      const to = ((g * inputs + c) * outputsInGroup + (o % outputsInGroup)) * taps;
      for (let tap = 0; tap < taps; tap++) result[to + tap] = source[from + taps - 1 - tap]!;
    }
  }
  return { type, dims: [inputs * groups, outputsInGroup, ...kernel], data: result };
}

/**
 * Gradient of the filter of a convolution x → y: for each tap the product of y's cotangent with the shifted x. Written as a convolution of x with
 * dy as the filter, channels in the place of the batch, strides and dilations exchanged. [outputs, inputs/g, …taps]
 */
function filterGradient(
  context: GradientContext,
  { x, size: input }: { x: string; size: readonly number[] },
  { dy, size: output }: { dy: string; size: readonly number[] },
  { strides, dilations, kernel, begin, end }: Windows,
): string {
  const { graph } = context;
  const group = intOf(context.node, "group", 1);
  const inputsInGroup = context.size(context.input(1), 1);
  const rank = kernel.length;
  const spatialAxes = (offset: number) => Array.from({ length: rank }, (_, i) => i + offset);
  // [n, g · c, …] → [c, g · n, …]
  const channelsFirst = graph.transpose(graph.reshape(x, [-1, group, inputsInGroup, ...input]), [2, 1, 0, ...spatialAxes(3)]);
  const images = graph.reshape(channelsFirst, [inputsInGroup, -1, ...input]);
  const filters = graph.transpose(dy, [1, 0, ...spatialAxes(2)]);
  const taps = graph.op("Conv", [images, filters], {
    strides: { ints: dilations },
    dilations: { ints: strides },
    pads: { ints: [...begin, ...end] },
    group: { int: group },
  });
  const made = input.map(
    (size, i) => Math.floor((size + begin[i]! + end[i]! - strides[i]! * (output[i]! - 1) - 1) / dilations[i]!) + 1,
  );
  const cut = kernel.reduce((value, k, i) => (made[i]! > k ? graph.slice(value, i + 2, 0, k) : value), taps);
  return graph.transpose(cut, [1, 0, ...spatialAxes(2)]);
}

function biasGradient(context: GradientContext, dy: string): string {
  const axes = context.dims(context.output()).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return context.graph.reduceSum(dy, axes, false);
}
