import type { Dim } from "../../graph/model.js";
import type { GradientContext, GradientRules } from "../context.js";
import { type Sampling, samplingMatrix, samplingOf } from "./resize-weights.js";

/** Resize: along each axis a product with a matrix, so its gradient is the product with the transposed one. */
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
    return graph.op("Mul", [mean, context.float(area)]);
  }
  for (const axis of changed) {
    const [input, output] = [context.size(x, axis), context.size(y, axis)];
    const matrix = () => transposed(samplingMatrix(samplingOf(context, axis), input, output), input, output);
    value = context.multiplyAxis(value, dims, axis, context.reals([input, output], matrix, "resize_weights"), input);
    dims[axis] = input;
  }
  return value;
}

function transposed(matrix: Float32Array, input: number, output: number): Float32Array {
  const result = new Float32Array(matrix.length);
  for (let o = 0; o < output; o++) for (let i = 0; i < input; i++) result[i * output + o] = matrix[o * input + i]!;
  return result;
}

/**
 * The axes that are resampled: also those whose size stays but whose scale is not 1, unless no size changes, as then x is copied; ONNX Runtime's
 * antialiasing filter copies every axis whose size stays.
 */
function changedAxes(context: GradientContext, from: readonly Dim[], to: readonly Dim[]): number[] {
  if (from.every((dim, axis) => dim === to[axis])) return [];
  return from.flatMap((dim, axis) => {
    const { scale = 1, antialias } = samplingOf(context, axis);
    return dim === to[axis] && (scale === 1 || antialias) ? [] : [axis];
  });
}

/** Height and width of the blocks that a nearest-neighbour enlargement of images repeats every pixel in; undefined for any other Resize. */
function blockSizes(context: GradientContext, changed: readonly number[]): number[] | undefined {
  const x = context.input(0);
  if (context.rank(x) !== 4 || changed.some((axis) => axis < 2)) return undefined;
  const samplings = [2, 3].map((axis) => samplingOf(context, axis));
  if (samplings.some(({ mode }) => mode !== "nearest")) return undefined;
  const blocks = [2, 3].map((axis) => context.size(context.output(), axis) / context.size(x, axis));
  const repeats = blocks.every((block, i) => Number.isInteger(block) && isRepetition(context, samplings[i]!, i + 2, block));
  return repeats ? blocks : undefined;
}

function isRepetition(context: GradientContext, sampling: Sampling, axis: number, block: number): boolean {
  const input = context.size(context.input(0), axis);
  context.checkSize([input * block, input]);
  const weights = samplingMatrix(sampling, input, input * block);
  return Array.from({ length: input * block }, (_, o) => weights[o * input + Math.floor(o / block)]).every((w) => w === 1);
}
