import { intOf, intsOf, stringOf } from "../graph/attributes.js";
import { sizeOf } from "../graph/model.js";
import { broadcast, broadcastOffsets, offsets, stridesOf } from "./broadcast.js";
import { type Fact, LARGEST_VALUE, type NodeFacts, type ShapeRule, type ShapeRules, shapeText } from "./fact.js";

/** A fact whose elements are elements of another one. */
function pick(source: Fact, dims: readonly number[], sources: () => number[]): Fact {
  const { type, value } = source;
  return { type, dims, value: value && sizeOf(dims) <= LARGEST_VALUE ? sources().map((at) => value[at]!) : undefined };
}

const sameElements = ({ type, value }: Fact, dims: readonly number[]): Fact => ({ type, dims, value });

/** Slice's range of one axis, clamped as NumPy does: first index, step, and how many. */
export function sliceRange(size: number, from: number, to: number, step: number): { first: number; count: number } {
  const wrap = (index: number) => (index < 0 ? index + size : index);
  const first = step > 0 ? Math.min(Math.max(wrap(from), 0), size) : Math.min(Math.max(wrap(from), 0), size - 1);
  const last = step > 0 ? Math.min(Math.max(wrap(to), 0), size) : Math.min(Math.max(wrap(to), -1), size - 1);
  return { first, count: Math.max(0, Math.ceil((last - first) / step)) };
}

/** The shape that Reshape makes: 0 keeps a dimension, −1 takes what is left. */
export function reshaped(facts: NodeFacts): number[] {
  const { dims } = facts.input(0);
  const keepZero = intOf(facts.node, "allowzero", 0) === 1;
  const wanted = facts.value(1).map((dim, axis) => (dim === 0 && !keepZero ? (dims[axis] ?? 0) : dim));
  const rest = wanted.filter((dim) => dim !== -1);
  const result = wanted.map((dim) => (dim === -1 ? sizeOf(dims) / sizeOf(rest) : dim));
  if (
    rest.length < wanted.length - 1 ||
    sizeOf(result) !== sizeOf(dims) ||
    result.some((dim) => !Number.isInteger(dim) || dim < 0)
  ) {
    throw facts.wrong(`a shape for the elements of ${shapeText(dims)}, got ${shapeText(facts.value(1))}`);
  }
  return result;
}

const unsqueeze: ShapeRule = (facts) => {
  const { type, dims, value } = facts.input(0);
  const given = facts.value(1);
  const axes = given.map((axis) => facts.axis(axis, dims.length + given.length));
  if (new Set(axes).size !== axes.length) throw facts.wrong(`different axes, got ${shapeText(given)}`);
  const rest = [...dims];
  const result = Array.from({ length: dims.length + given.length }, (_, axis) => (axes.includes(axis) ? 1 : rest.shift()!));
  return [{ type, dims: result, value }];
};

const squeeze: ShapeRule = (facts) => {
  const { type, dims, value } = facts.input(0);
  const axes = facts.has(1)
    ? facts.value(1).map((axis) => facts.axis(axis, dims.length))
    : dims.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
  if (axes.some((axis) => dims[axis] !== 1)) throw facts.wrong(`axes of size 1, got ${shapeText(axes)} of ${shapeText(dims)}`);
  return [{ type, dims: dims.filter((_, axis) => !axes.includes(axis)), value }];
};

const concat: ShapeRule = (facts) => {
  const inputs = facts.all();
  const { type, dims } = facts.input(0);
  const axis = facts.axis(intOf(facts.node, "axis", 0), dims.length);
  const fits = inputs.every(
    (input) => input.dims.length === dims.length && input.dims.every((dim, i) => i === axis || dim === dims[i]),
  );
  if (!fits)
    throw facts.wrong(
      `shapes that differ along axis ${axis} only, got ${inputs
        .slice(0, 8)
        .map((input) => shapeText(input.dims))
        .join(", ")}`,
    );
  const result = dims.with(
    axis,
    inputs.reduce((sum, input) => sum + input.dims[axis]!, 0),
  );
  const known = axis === 0 && sizeOf(result) <= LARGEST_VALUE && inputs.every((input) => input.value);
  return [{ type, dims: result, value: known ? inputs.flatMap((input) => input.value!) : undefined }];
};

/** Sizes of Split's parts. */
function splitSizes(facts: NodeFacts): number[] {
  const { dims } = facts.input(0);
  const size = dims[facts.axis(intOf(facts.node, "axis", 0), dims.length)]!;
  const parts = facts.node.outputs.length;
  const part = Math.ceil(size / parts);
  const sizes = facts.has(1)
    ? (facts.given(1).value ?? facts.value(1))
    : Array.from({ length: parts }, (_, i) => Math.min(part, size - i * part));
  if (sizes.length !== parts || sizes.some((own) => !(own >= 0)) || sizes.reduce((sum, own) => sum + own, 0) !== size)
    throw facts.wrong(`${parts} parts of an axis of size ${size}, got ${shapeText(sizes)}`);
  return [...sizes];
}

const split: ShapeRule = (facts) => {
  const source = facts.input(0);
  const axis = facts.axis(intOf(facts.node, "axis", 0), source.dims.length);
  const strides = stridesOf(source.dims);
  let start = 0;
  return splitSizes(facts).map((size) => {
    const dims = source.dims.with(axis, size);
    const from = start;
    start += size;
    return pick(source, dims, () => offsets(dims, strides, from * strides[axis]!));
  });
};

const slice: ShapeRule = (facts) => {
  const source = facts.input(0);
  const rank = source.dims.length;
  const [from, to] = [facts.value(1), facts.value(2)];
  const given = facts.has(3) ? facts.value(3) : from.map((_, axis) => axis);
  const axes = given.map((axis) => facts.axis(axis, rank));
  const steps = facts.has(4) ? facts.value(4) : from.map(() => 1);
  if ([from, to, steps].some((list) => list.length !== axes.length) || steps.includes(0))
    throw facts.wrong(`a start, an end and a step other than 0 for each of ${axes.length} axes`);
  const dims = [...source.dims];
  const strides = stridesOf(source.dims);
  let start = 0;
  axes.forEach((axis, i) => {
    const step = steps[i]!;
    const { first, count } = sliceRange(source.dims[axis]!, from[i]!, to[i]!, step);
    dims[axis] = count;
    start += first * strides[axis]!;
    strides[axis] = strides[axis]! * step;
  });
  return [pick(source, dims, () => offsets(dims, strides, start))];
};

const gather: ShapeRule = (facts) => {
  const [source, indices] = [facts.input(0), facts.input(1)];
  const axis = facts.axis(intOf(facts.node, "axis", 0), source.dims.length);
  const dims = [...source.dims.slice(0, axis), ...indices.dims, ...source.dims.slice(axis + 1)];
  const at = indices.value;
  if (!at) return [{ type: source.type, dims }];
  const size = source.dims[axis]!;
  const inner = sizeOf(source.dims.slice(axis + 1));
  const places = at.map((index) => (index < 0 ? index + size : index) * inner);
  if (at.some((index) => !(index >= -size && index < size))) throw facts.wrong(`indices within ${size}, got ${shapeText(at)}`);
  return [
    pick(source, dims, () =>
      Array.from({ length: sizeOf(source.dims.slice(0, axis)) }, (_, outer) =>
        places.flatMap((place) => Array.from({ length: inner }, (__, i) => outer * size * inner + place + i)),
      ).flat(),
    ),
  ];
};

/** Pads before and after every axis of a tensor of a rank. */
function padWidths(facts: NodeFacts): { begin: number[]; end: number[] } {
  const rank = facts.input(0).dims.length;
  const pads = facts.value(1);
  const axes = facts.has(3) ? facts.value(3).map((axis) => facts.axis(axis, rank)) : Array.from({ length: rank }, (_, i) => i);
  if (pads.length !== 2 * axes.length || new Set(axes).size !== axes.length)
    throw facts.wrong(`two pads for each of ${axes.length} different axes, got ${pads.length}`);
  const begin = Array<number>(rank).fill(0);
  const end = Array<number>(rank).fill(0);
  axes.forEach((axis, i) => {
    begin[axis] = pads[i]!;
    end[axis] = pads[axes.length + i]!;
  });
  return { begin, end };
}

const resize: ShapeRule = (facts) => {
  const { type, dims } = facts.input(0);
  const axes = intsOf(facts.node, "axes")?.map((axis) => facts.axis(axis, dims.length)) ?? dims.map((_, axis) => axis);
  if (stringOf(facts.node, "keep_aspect_ratio_policy", "stretch") !== "stretch")
    throw facts.wrong('keep_aspect_ratio_policy "stretch"');
  const result = [...dims];
  const sizes = facts.has(3) ? facts.value(3) : undefined;
  const scales = sizes ? undefined : facts.value(2);
  const given = (sizes ?? scales)!;
  if (given.length !== axes.length) throw facts.wrong(`a size or a scale for each of ${axes.length} axes, got ${given.length}`);
  axes.forEach((axis, i) => {
    // In float32, as runtimes compute it: 3 · float32(10/3) is 10, but a little less in float64.
    result[axis] = sizes ? sizes[i]! : Math.floor(Math.fround(dims[axis]! * scales![i]!));
  });
  if (result.some((dim) => !(dim >= 1))) throw facts.wrong(`an output of at least one pixel, got ${shapeText(result)}`);
  return [{ type, dims: result }];
};

/** Blocks of pixels against channels, in either direction. */
const blocks =
  (toSpace: boolean): ShapeRule =>
  (facts) => {
    const { type, dims } = facts.input(0);
    const block = intOf(facts.node, "blocksize", 1);
    const [n, c, h, w] = dims as [number, number, number, number];
    const fits = dims.length === 4 && block >= 1 && (toSpace ? c % block ** 2 === 0 : h % block === 0 && w % block === 0);
    if (!fits) throw facts.wrong(`images that blocks of ${block} × ${block} divide, got ${shapeText(dims)}`);
    return [{ type, dims: toSpace ? [n, c / block ** 2, h * block, w * block] : [n, c * block ** 2, h / block, w / block] }];
  };

export const layoutShapes: ShapeRules = {
  Reshape: (facts) => [sameElements(facts.input(0), reshaped(facts))],
  Flatten: (facts) => {
    const { dims } = facts.input(0);
    const axis = intOf(facts.node, "axis", 1);
    // Also behind the last axis.
    const at = axis === dims.length ? axis : facts.axis(axis, dims.length);
    return [sameElements(facts.input(0), [sizeOf(dims.slice(0, at)), sizeOf(dims.slice(at))])];
  },
  Transpose: (facts) => {
    const source = facts.input(0);
    const order = intsOf(facts.node, "perm") ?? source.dims.map((_, i) => i).reverse();
    if (
      order.length !== source.dims.length ||
      new Set(order).size !== order.length ||
      order.some((axis) => !(axis >= 0 && axis < order.length))
    )
      throw facts.wrong(`an order of ${source.dims.length} axes, got ${shapeText(order)}`);
    const strides = stridesOf(source.dims);
    const dims = order.map((axis) => source.dims[axis]!);
    return [
      pick(source, dims, () =>
        offsets(
          dims,
          order.map((axis) => strides[axis]!),
        ),
      ),
    ];
  },
  Unsqueeze: unsqueeze,
  Squeeze: squeeze,
  Expand: (facts) => {
    const source = facts.input(0);
    const dims = broadcast(source.dims, facts.value(1));
    if (!dims) throw facts.wrong(`a shape that ${shapeText(source.dims)} broadcasts to, got ${shapeText(facts.value(1))}`);
    return [pick(source, dims, () => broadcastOffsets(source.dims, dims))];
  },
  Tile: (facts) => {
    const { type, dims } = facts.input(0);
    const repeats = facts.value(1);
    if (repeats.length !== dims.length) throw facts.wrong(`a number of repeats for each axis, got ${shapeText(repeats)}`);
    return [{ type, dims: dims.map((dim, axis) => dim * repeats[axis]!) }];
  },
  Concat: concat,
  Split: split,
  Slice: slice,
  Gather: gather,
  Pad: (facts) => {
    const { type, dims } = facts.input(0);
    const { begin, end } = padWidths(facts);
    return [{ type, dims: dims.map((dim, axis) => dim + begin[axis]! + end[axis]!) }];
  },
  Resize: resize,
  DepthToSpace: blocks(true),
  SpaceToDepth: blocks(false),
  Shape: (facts) => {
    const { dims } = facts.input(0);
    const value = dims.slice(intOf(facts.node, "start", 0), intOf(facts.node, "end", dims.length));
    return [{ type: "int64", dims: [value.length], value }];
  },
  ConstantOfShape: (facts) => {
    const dims = facts.value(0);
    const filler = facts.node.attributes.value;
    const tensor = filler && "tensor" in filler ? filler.tensor : undefined;
    const size = sizeOf(dims);
    const value = size >= 0 && size <= LARGEST_VALUE ? Array<number>(size).fill(Number(tensor?.data[0] ?? 0)) : undefined;
    return [{ type: tensor?.type ?? "float32", dims, value }];
  },
  Range: (facts) => {
    const [from, to, step] = [facts.value(0)[0]!, facts.value(1)[0]!, facts.value(2)[0]!];
    const count = Math.max(0, Math.ceil((to - from) / step));
    if (!Number.isInteger(count)) throw facts.wrong(`a finite range, got ${from} to ${to} by ${step}`);
    const value = count <= LARGEST_VALUE ? Array.from({ length: count }, (_, i) => from + i * step) : undefined;
    return [{ type: facts.input(0).type, dims: [count], value }];
  },
};
