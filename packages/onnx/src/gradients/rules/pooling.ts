import { intOf, intsOf } from "../../graph/attributes.js";
import { floats, sizeOf } from "../../graph/model.js";
import { type Windows, windowsOf } from "../../shapes/spatial.js";
import type { GradientContext, GradientRules } from "../context.js";

export const poolingRules: GradientRules = {
  GlobalAveragePool: (context, dy) => [
    () => {
      const count = sizeOf(context.spatial(context.input(0)));
      return context.expandLike(context.graph.op("Mul", [dy, context.float(1 / count)]), context.input(0));
    },
  ],
  GlobalMaxPool: (context, dy) => [
    () => {
      const { graph } = context;
      const axes = context.spatial(context.input(0)).map((_, i) => i + 2);
      const chosen = context.real(graph.op("Equal", [context.input(0), context.output()]));
      return graph.op("Mul", [chosen, graph.op("Div", [dy, graph.reduceSum(chosen, axes, true)])]);
    },
  ],
  AveragePool: (context, dy) => [() => averagePool(context, dy)],
  MaxPool: (context, dy) => [() => maxPool(context, dy)],
};

function windows(context: GradientContext): Windows {
  const input = context.spatial(context.input(0));
  const kernel = intsOf(context.node, "kernel_shape") ?? [];
  return windowsOf(context.node, input, kernel, intOf(context.node, "ceil_mode", 0) === 1);
}

/** Each window's cotangent, divided by the number of elements it averaged, goes to all of them. */
function averagePool(context: GradientContext, dy: string): string {
  const { graph } = context;
  const place = windows(context);
  const { kernel, strides, dilations, begin, end, output } = place;
  const input = context.spatial(context.input(0));
  const shares = graph.op("Mul", [dy, context.reals([1, 1, ...output], () => windowShares(context, place, input), "shares")]);
  const apart = kernel.every(
    (k, i) => k === strides[i] && dilations[i] === 1 && begin[i] === 0 && end[i] === 0 && k * output[i]! === input[i],
  );
  if (apart) {
    const scales = graph.constant(floats([kernel.length + 2], [1, 1, ...kernel]), "scales");
    const attributes = {
      mode: { string: "nearest" },
      coordinate_transformation_mode: { string: "asymmetric" },
      nearest_mode: { string: "floor" },
    };
    return graph.op("Resize", [shares, "", scales], attributes);
  }
  const channels = context.size(context.input(0), 1);
  const ones = context.reals([channels, 1, ...kernel], () => new Float32Array(channels * sizeOf(kernel)).fill(1), "ones");
  // With ceil_mode the last windows may reach beyond the padded input: what falls there is cut off through the pads.
  const reached = output.map((size, i) => (size - 1) * strides[i]! + (kernel[i]! - 1) * dilations[i]! + 1);
  const over = reached.map((size, i) => size - begin[i]! - input[i]!);
  return graph.op("ConvTranspose", [shares, ones], {
    kernel_shape: { ints: kernel },
    strides: { ints: strides },
    dilations: { ints: dilations },
    pads: { ints: [...begin, ...over.map((size) => Math.max(size, 0))] },
    output_padding: { ints: over.map((size) => Math.max(-size, 0)) },
    group: { int: channels },
  });
}

/** 1 / (elements averaged) for every window. */
function windowShares(context: GradientContext, place: Windows, input: readonly number[]): number[] {
  const includePads = intOf(context.node, "count_include_pad", 0) === 1;
  const perAxis = place.output.map((size, i) =>
    Array.from({ length: size }, (_, o) => {
      const first = o * place.strides[i]! - place.begin[i]!;
      const [from, to] = includePads ? [-place.begin[i]!, input[i]! + place.end[i]!] : [0, input[i]!];
      const tapsBefore = (at: number) => Math.min(Math.max(Math.ceil((at - first) / place.dilations[i]!), 0), place.kernel[i]!);
      return tapsBefore(to) - tapsBefore(from);
    }),
  );
  return perAxis
    .reduce<number[]>((counts, axis) => counts.flatMap((count) => axis.map((own) => count * own)), [1])
    .map((count) => 1 / count);
}

/** Each window's cotangent goes to the element that it took: MaxPool tells which in its second output. */
function maxPool(context: GradientContext, dy: string): string {
  const { graph, node } = context;
  const x = context.input(0);
  if (intOf(node, "storage_order", 0) !== 0) throw context.error("MaxPool with storage_order 0");
  const { ceil_mode, kernel_shape, strides, dilations, pads, auto_pad } = node.attributes;
  const attributes = Object.entries({ ceil_mode, kernel_shape, strides, dilations, pads, auto_pad }).filter(
    ([, value]) => value !== undefined,
  );
  const [, indices] = graph.ops("MaxPool", [x], 2, Object.fromEntries(attributes) as typeof node.attributes);
  const flat = graph.ints([-1]);
  const zeros = graph.op("Reshape", [context.zerosLike(x), flat]);
  const sums = graph.op("ScatterElements", [zeros, graph.op("Reshape", [indices!, flat]), graph.op("Reshape", [dy, flat])], {
    axis: { int: 0 },
    reduction: { string: "add" },
  });
  return context.reshapeLike(sums, x);
}
