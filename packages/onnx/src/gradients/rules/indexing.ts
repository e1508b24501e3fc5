import { intOf } from "../../graph/attributes.js";
import { type Dim, floats } from "../../graph/model.js";
import { sliceRange } from "../../shapes/layout.js";
import type { GradientContext, GradientRules } from "../context.js";

/** Slice, Gather and Pad: ops that take a part, or put one into something larger. */
export const indexingRules: GradientRules = {
  Slice: (context, dy) => [() => slice(context, dy)],
  Gather: (context, dy) => [() => gather(context, dy)],
  Pad: (context, dy) => [() => unpad(context, dy), undefined, () => paddedWith(context, dy)],
};

/** Puts dy where it was taken from, zeros elsewhere. */
function slice(context: GradientContext, dy: string): string {
  const x = context.input(0);
  if (context.dims(context.output()).includes(0)) return context.zerosLike(x);
  const [from, to] = [context.requiredInput(1, "starts"), context.requiredInput(2, "ends")];
  const axes = context.input(3) === "" ? from.map((_, i) => i) : context.requiredInput(3, "axes");
  const steps = context.input(4) === "" ? from.map(() => 1) : context.requiredInput(4, "steps");
  let value = dy;
  axes.forEach((given, i) => {
    const axis = context.positiveAxis(given, x);
    // All of an axis that depends on the batch.
    if (context.dims(x)[axis] === context.dims(context.output())[axis] && steps[i]! > 0) return;
    const size = context.size(x, axis);
    const { first, count } = sliceRange(size, from[i]!, to[i]!, steps[i]!);
    const step = Math.abs(steps[i]!);
    const start = steps[i]! > 0 ? first : first - (count - 1) * step;
    if (steps[i]! < 0) value = flip(context, value, axis);
    if (step > 1) value = spaced(context, value, axis, count, step);
    value = padAxis(context, value, axis, start, size - start - count * step);
  });
  return value;
}

/** Puts step − 1 zeros after every element of an axis. */
function spaced(context: GradientContext, value: string, axis: number, count: number, step: number): string {
  const { graph } = context;
  const apart = graph.op("Unsqueeze", [value, graph.ints([axis + 1])]);
  const padded = padAxis(context, apart, axis + 1, 0, step - 1, context.rank(context.input(0)) + 1);
  // Zeros in Reshape's target keep the axes before; the flattened pair is known, what follows is kept by moving the pair to the front of them.
  const rank = context.rank(context.input(0));
  const order = [axis, axis + 1, ...Array.from({ length: rank + 1 }, (_, i) => i).filter((i) => i !== axis && i !== axis + 1)];
  const front = graph.transpose(padded, order);
  const shape = graph.op("Concat", [graph.ints([count * step]), graph.slice(graph.op("Shape", [front]), 0, 2, rank + 1)], {
    axis: { int: 0 },
  });
  const merged = graph.op("Reshape", [front, shape]);
  const back = Array.from({ length: rank }, (_, i) => (i < axis ? i + 1 : i === axis ? 0 : i));
  return graph.transpose(merged, back);
}

function flip(context: GradientContext, value: string, axis: number): string {
  const { graph } = context;
  return graph.op("Slice", [value, graph.ints([-1]), graph.ints([-(2 ** 31)]), graph.ints([axis]), graph.ints([-1])]);
}

/** Zeros before and after along one axis; negative numbers cut off. */
function padAxis(context: GradientContext, value: string, axis: number, before: number, after: number, rank?: number): string {
  if (before === 0 && after === 0) return value;
  const count = rank ?? context.rank(context.input(0));
  const pads = Array<number>(2 * count).fill(0);
  pads[axis] = before;
  pads[count + axis] = after;
  return context.graph.op("Pad", [value, context.graph.ints(pads)]);
}

/** Gather copies slices of x; each of x's slices gets the sum of its copies' cotangents: a product with the indices' one-hot matrix. */
function gather(context: GradientContext, dy: string): string {
  const { graph } = context;
  const [x, indices] = [context.input(0), context.input(1)];
  const axis = context.positiveAxis(intOf(context.node, "axis", 0), x);
  if (typeof context.dims(x)[axis] !== "number") return scattered(context, dy, axis);
  const size = context.size(x, axis);
  const indexDims = context.dims(indices);
  const known = context.constantInput(1);
  if (known?.length === 1) {
    const at = known[0]! < 0 ? known[0]! + size : known[0]!;
    const row =
      indexDims.length === 0
        ? graph.op("Unsqueeze", [dy, graph.ints([axis])])
        : context.reshape(dy, context.dims(x).toSpliced(axis, 1, 1));
    return padAxis(context, row, axis, at, size - 1 - at);
  }
  const flat = graph.reshape(indices, [-1]);
  // In float32, as runtimes need not have OneHot for others.
  const hot = graph.op("OneHot", [flat, graph.ints([size]), graph.constant(floats([2], [0, 1]), "zero_one")], {
    axis: { int: 0 },
  });
  const chosen = context.type === "float32" ? hot : context.real(hot);
  const copies: Dim = indexDims.every((dim) => typeof dim === "number")
    ? indexDims.reduce((product, dim) => product * dim, 1)
    : "n";
  const dims = context.dims(x);
  const folded = context.reshape(dy, dims.with(axis, copies));
  return context.multiplyAxis(folded, dims.with(axis, copies), axis, chosen, size);
}

/** The same where the axis is as long as the batch makes it: as_strided of PyTorch's newer exporter gathers from all elements in a row. */
function scattered(context: GradientContext, dy: string, axis: number): string {
  const { graph } = context;
  const [x, indices] = [context.input(0), context.input(1)];
  const [rank, places] = [context.rank(x), context.rank(indices)];
  // ScatterND takes places of the first axis.
  const order = withFirst(rank, axis, 1);
  const zeros = graph.transpose(context.zerosLike(x), order);
  const updates = graph.transpose(dy, withFirst(rank - 1 + places, axis, places));
  const each = graph.op("Unsqueeze", [indices, graph.ints([places])]);
  const sums = graph.op("ScatterND", [zeros, each, updates], { reduction: { string: "add" } });
  return graph.transpose(
    sums,
    order.map((_, i) => order.indexOf(i)),
  );
}

/** All axes in order, but for `count` of them from `start` on, which come first. */
function withFirst(rank: number, start: number, count: number): number[] {
  const all = Array.from({ length: rank }, (_, i) => i);
  return [...all.slice(start, start + count), ...all.slice(0, start), ...all.slice(start + count)];
}

/** The cotangent of Pad's value: the sum over the pads. */
function paddedWith(context: GradientContext, dy: string): string {
  const { graph, node } = context;
  const inside = context.zerosLike(context.input(0));
  const isPad = graph.op("Pad", [inside, context.input(1), context.float(1), ...node.inputs.slice(3)]);
  const sum = graph.reduceSum(graph.op("Mul", [dy, isPad]), [...context.dims(context.output()).keys()], false);
  return context.reshapeLike(sum, context.input(2));
}

/** Cuts the pads off; what reflected, repeated or wrapped elements got goes back to where they came from. */
function unpad(context: GradientContext, dy: string): string {
  const { graph, node } = context;
  const x = context.input(0);
  const rank = context.rank(x);
  const pads = context.requiredInput(1, "pads");
  const axes = context.input(3) === "" ? Array.from({ length: rank }, (_, i) => i) : context.requiredInput(3, "axes");
  const modeAttribute = node.attributes.mode;
  const mode = modeAttribute && "string" in modeAttribute ? modeAttribute.string : "constant";
  let value = dy;
  axes.forEach((given, i) => {
    const axis = context.positiveAxis(given, x);
    const [before, after] = [pads[i]!, pads[axes.length + i]!];
    if (before === 0 && after === 0) return;
    const core = padAxis(context, value, axis, -before, -after);
    if (mode === "constant") {
      value = core;
      return;
    }
    const size = context.size(x, axis);
    const place = (part: string, at: number, width: number) => padAxis(context, part, axis, at, size - at - width);
    const parts = [core];
    if (before > 0) {
      const left = graph.slice(value, axis, 0, before);
      if (mode === "reflect") parts.push(place(flip(context, left, axis), 1, before));
      else if (mode === "edge") parts.push(place(graph.reduceSum(left, [axis], true), 0, 1));
      else parts.push(place(left, size - before, before));
    }
    if (after > 0) {
      const right = graph.slice(value, axis, before + size, before + size + after);
      if (mode === "reflect") parts.push(place(flip(context, right, axis), size - 1 - after, after));
      else if (mode === "edge") parts.push(place(graph.reduceSum(right, [axis], true), size - 1, 1));
      else parts.push(place(right, 0, after));
    }
    value = parts.reduce((a, b) => graph.op("Add", [a, b]));
  });
  return value;
}
