import { OnnxError } from "../errors.js";
import { intsOf, stringOf } from "../graph/attributes.js";
import { describeNode, type OnnxNode } from "../graph/model.js";

/** Where the windows of a convolution or a pooling lie, for each spatial axis. */
export interface Windows {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly begin: readonly number[];
  readonly end: readonly number[];
  /** Spatial size of the output. */
  readonly output: readonly number[];
}

/** The windows of Conv, AveragePool and MaxPool over an input of spatial size `input`. */
export function windowsOf(node: OnnxNode, input: readonly number[], kernel: readonly number[], roundUp = false): Windows {
  const { strides, dilations, pads } = windowAttributes(node, input.length, kernel);
  const auto = stringOf(node, "auto_pad", "NOTSET");
  const extent = kernel.map((k, i) => (k - 1) * dilations[i]! + 1);
  let begin = pads.slice(0, input.length);
  let end = pads.slice(input.length);
  if (auto === "VALID") begin = end = input.map(() => 0);
  if (auto.startsWith("SAME")) {
    const total = input.map((size, i) => Math.max((Math.ceil(size / strides[i]!) - 1) * strides[i]! + extent[i]! - size, 0));
    const small = total.map((sum) => Math.floor(sum / 2));
    const large = total.map((sum, i) => sum - small[i]!);
    [begin, end] = auto === "SAME_LOWER" ? [large, small] : [small, large];
  }
  const output = input.map((size, i) => {
    const steps = (size + begin[i]! + end[i]! - extent[i]!) / strides[i]!;
    if (!roundUp) return Math.floor(steps) + 1;
    const count = Math.ceil(steps) + 1;
    // A window that would start beyond the input and its leading pad is dropped.
    return (count - 1) * strides[i]! >= size + begin[i]! ? count - 1 : count;
  });
  if (output.some((size) => !(size >= 1))) {
    throw new OnnxError(
      `${describeNode(node)}: expected windows that fit the input [${input.join(", ")}], got kernel [${kernel.join(", ")}].`,
    );
  }
  return { kernel, strides, dilations, begin, end, output };
}

/** The windows of the convolution that ConvTranspose is the transpose of: its input is ConvTranspose's output. */
export function transposedWindowsOf(node: OnnxNode, input: readonly number[], kernel: readonly number[]): Windows {
  const { strides, dilations, pads } = windowAttributes(node, input.length, kernel);
  const extra = intsOf(node, "output_padding") ?? input.map(() => 0);
  const wanted = intsOf(node, "output_shape")?.slice(-input.length);
  const auto = stringOf(node, "auto_pad", "NOTSET");
  const full = input.map((size, i) => strides[i]! * (size - 1) + (extra[i] ?? 0) + (kernel[i]! - 1) * dilations[i]! + 1);
  let begin = pads.slice(0, input.length);
  let end = pads.slice(input.length);
  if (auto === "VALID") begin = end = input.map(() => 0);
  if (wanted || auto.startsWith("SAME")) {
    const total = full.map((size, i) => Math.max(size - (wanted?.[i] ?? input[i]! * strides[i]!), 0));
    const small = total.map((sum) => Math.floor(sum / 2));
    const large = total.map((sum, i) => sum - small[i]!);
    [begin, end] = auto === "SAME_UPPER" ? [small, large] : [large, small];
  }
  const output = wanted ?? full.map((size, i) => size - begin[i]! - end[i]!);
  if (output.some((size) => !(size >= 1)))
    throw new OnnxError(`${describeNode(node)}: expected an output of at least one pixel.`);
  return { kernel, strides, dilations, begin, end, output };
}

function windowAttributes(node: OnnxNode, rank: number, kernel: readonly number[]) {
  const ones = Array<number>(rank).fill(1);
  const strides = intsOf(node, "strides") ?? ones;
  const dilations = intsOf(node, "dilations") ?? ones;
  const pads = intsOf(node, "pads") ?? Array<number>(2 * rank).fill(0);
  const fits = strides.length === rank && dilations.length === rank && pads.length === 2 * rank;
  if (!fits || [...strides, ...dilations, ...kernel].some((x) => !(x >= 1))) {
    throw new OnnxError(
      `${describeNode(node)}: expected a kernel, strides, dilations and pads for ${rank} axes, at least 1; the file is damaged.`,
    );
  }
  const given = intsOf(node, "kernel_shape") ?? kernel;
  if (given.join() !== kernel.join())
    throw new OnnxError(
      `${describeNode(node)}: expected kernel_shape [${kernel.join(", ")}] as the filter's, got [${given.join(", ")}].`,
    );
  return { strides, dilations, pads };
}
