import { intOf, intsOf, stringOf } from "../../graph/attributes.js";
import type { GradientContext, GradientRule, GradientRules } from "../context.js";

const sameElements: GradientRule = (context, dy) => [() => context.reshapeLike(dy, context.input(0))];

/** Ops that move or repeat elements. */
export const layoutRules: GradientRules = {
  Reshape: sameElements,
  Flatten: sameElements,
  Squeeze: sameElements,
  Unsqueeze: sameElements,
  Transpose: (context, dy) => {
    const order =
      intsOf(context.node, "perm") ??
      context
        .dims(context.input(0))
        .map((_, i) => i)
        .reverse();
    const inverse = order.map((_, axis) => order.indexOf(axis));
    return [() => context.graph.transpose(dy, inverse)];
  },
  Expand: (context, dy) => [() => context.unbroadcast(dy, 0)],
  Tile: (context, dy) => [() => tile(context, dy)],
  Concat: (context, dy) => {
    const axis = context.positiveAxis(intOf(context.node, "axis", 0), context.output());
    let start = 0;
    return context.node.inputs.map((name) => {
      const size = context.size(name, axis);
      const from = start;
      start += size;
      return () => context.graph.slice(dy, axis, from, from + size);
    });
  },
  Split: (context, _, all) => [
    () => {
      const axis = context.positiveAxis(intOf(context.node, "axis", 0), context.input(0));
      const parts = context.node.outputs.map((name, i) => all[i] ?? context.zerosLike(name));
      return context.graph.op("Concat", parts, { axis: { int: axis } });
    },
  ],
  DepthToSpace: (context, dy) => [() => spaceToDepth(context, dy)],
  SpaceToDepth: (context, dy) => [
    () =>
      context.graph.op("DepthToSpace", [dy], {
        blocksize: { int: intOf(context.node, "blocksize", 1) },
        mode: { string: "DCR" },
      }),
  ],
};

/** Sums over the repetitions: the axis of size r · d is seen as [r, d]. */
function tile(context: GradientContext, dy: string): string {
  const repeats = context.requiredInput(1, "repeats");
  const dims = context.dims(context.input(0));
  const split = context.reshape(
    dy,
    dims.flatMap((dim, axis) => [repeats[axis]!, dim]),
  );
  return context.graph.reduceSum(
    split,
    dims.map((_, axis) => 2 * axis),
    false,
  );
}

/** The inverse of DepthToSpace; SpaceToDepth itself only knows the order "DCR". */
function spaceToDepth(context: GradientContext, dy: string): string {
  const { graph } = context;
  const block = intOf(context.node, "blocksize", 1);
  if (stringOf(context.node, "mode", "DCR") === "DCR") return graph.op("SpaceToDepth", [dy], { blocksize: { int: block } });
  const x = context.input(0);
  const [c, h, w] = [context.size(x, 1), context.size(x, 2), context.size(x, 3)];
  const pixels = graph.reshape(dy, [-1, c / block ** 2, h, block, w, block]);
  return context.reshapeLike(graph.transpose(pixels, [0, 1, 3, 5, 2, 4]), x);
}
