import { intOf, intsOf, stringOf } from "../../graph/attributes.js";
import { type Dim, floats } from "../../graph/model.js";
import type { GradientContext, GradientRules } from "../context.js";

/** Resize, nearest or linear: along each axis a product with a matrix, so its gradient is the product with the transposed one. */
export const resizeRules: GradientRules = { Resize: (context, dy) => [() => resize(context, dy)] };

function resize(context: GradientContext, dy: string): string {
  const { graph } = context;
  const [x, y] = [context.input(0), context.output()];
  const dims = [...context.dims(y)];
  let value = dy;
  const from = context.dims(x);
  const changed = changedAxes(context, from, dims);
  const pooled = blockSizes(context, changed);
  if (pooled) {
    const area = pooled[0]! * pooled[1]!;
    const mean = graph.op("AveragePool", [dy], { kernel_shape: { ints: pooled }, strides: { ints: pooled } });
    return graph.op("Mul", [mean, graph.float(area)]);
  }
  for (const axis of changed) {
    const [input, output] = [context.size(x, axis), context.size(y, axis)];
    const weights = resizeMatrix(context, axis, input, output);
    const transposed = new Float32Array(input * output);
    for (let o = 0; o < output; o++) for (let i = 0; i < input; i++) transposed[i * output + o] = weights[o * input + i]!;
    value = context.multiplyAxis(value, dims, axis, graph.constant(floats([input, output], transposed), "resize_weights"), input);
    dims[axis] = input;
  }
  return value;
}

/** The axes that are resampled: also those whose size stays but whose scale is not 1, unless no size changes, as then x is copied. */
function changedAxes(context: GradientContext, from: readonly Dim[], to: readonly Dim[]): number[] {
  if (from.every((dim, axis) => dim === to[axis])) return [];
  return from.flatMap((dim, axis) => (dim === to[axis] && (scaleOf(context, axis) ?? 1) === 1 ? [] : [axis]));
}

/** Height and width of the blocks that a nearest-neighbour enlargement of images repeats every pixel in; undefined for any other Resize. */
function blockSizes(context: GradientContext, changed: readonly number[]): number[] | undefined {
  const x = context.input(0);
  if (context.rank(x) !== 4 || changed.some((axis) => axis < 2) || stringOf(context.node, "mode", "nearest") !== "nearest")
    return undefined;
  const blocks = [2, 3].map((axis) => context.size(context.output(), axis) / context.size(x, axis));
  const repeats = blocks.every((block, i) => {
    if (!Number.isInteger(block)) return false;
    const input = context.size(x, i + 2);
    const weights = resizeMatrix(context, i + 2, input, input * block);
    return Array.from({ length: input * block }, (_, o) => weights[o * input + Math.floor(o / block)]).every(
      (weight) => weight === 1,
    );
  });
  return repeats ? blocks : undefined;
}

/** The matrix [output, input] of one axis. */
function resizeMatrix(context: GradientContext, axis: number, input: number, output: number): Float32Array {
  const mode = stringOf(context.node, "mode", "nearest");
  const weights = new Float32Array(output * input);
  const clamp = (i: number) => Math.min(Math.max(i, 0), input - 1);
  if (mode !== "nearest" && mode !== "linear") throw context.error(`Resize with mode nearest or linear, got ${mode}`);
  if (intOf(context.node, "antialias", 0) === 1) throw context.error("Resize without antialias");
  for (let o = 0; o < output; o++) {
    const at = coordinate(context, o, axis, input, output);
    if (mode === "nearest") {
      weights[o * input + clamp(nearest(context, at))]! += 1;
      continue;
    }
    const low = Math.floor(at);
    weights[o * input + clamp(low)]! += 1 - (at - low);
    weights[o * input + clamp(low + 1)]! += at - low;
  }
  return weights;
}

/** Where pixel o of the output lies in the input: in float32, as runtimes compute it, because a nearest neighbour may hang on the last bit. */
function coordinate(context: GradientContext, o: number, axis: number, input: number, output: number): number {
  const float = Math.fround;
  const scale = scaleOf(context, axis) ?? float(output / input);
  const halfPixel = (offset: number) => float(float(offset + float((o + 0.5) / scale)) - 0.5);
  const mode = stringOf(context.node, "coordinate_transformation_mode", "half_pixel");
  switch (mode) {
    case "half_pixel":
      return halfPixel(0);
    case "half_pixel_symmetric": {
      const adjusted = float(output / float(scale * input));
      const offset = float((input / 2) * float(1 - adjusted));
      return halfPixel(offset);
    }
    case "pytorch_half_pixel":
      return output > 1 ? halfPixel(0) : 0;
    case "asymmetric":
      return float(o / scale);
    case "align_corners":
      return output > 1 ? float((o * (input - 1)) / (output - 1)) : 0;
    default:
      throw context.error(`a coordinate_transformation_mode other than ${mode}`);
  }
}

/** The scale that the node gives, which need not be the ratio of the sizes. */
function scaleOf(context: GradientContext, axis: number): number | undefined {
  const scales = context.constantInput(2);
  if (context.input(3) !== "" || !scales?.length) return undefined;
  const axes = intsOf(context.node, "axes");
  return axes ? scales[axes.findIndex((given) => context.positiveAxis(given, context.input(0)) === axis)] : scales[axis];
}

function nearest(context: GradientContext, at: number): number {
  switch (stringOf(context.node, "nearest_mode", "round_prefer_floor")) {
    case "floor":
      return Math.floor(at);
    case "ceil":
      return Math.ceil(at);
    case "round_prefer_ceil":
      return Math.floor(at + 0.5);
    default:
      return Math.ceil(at - 0.5);
  }
}
