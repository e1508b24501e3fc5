import { floatOf, intOf } from "../../graph/attributes.js";
import type { GradientContext, GradientRules } from "../context.js";

/** Products of matrices. */
export const matrixRules: GradientRules = {
  Gemm: (context, dy) => {
    const { graph, node } = context;
    const [a, b] = [context.input(0), context.input(1)];
    const [transA, transB] = [intOf(node, "transA", 0), intOf(node, "transB", 0)];
    const alpha = floatOf(node, "alpha", 1);
    const beta = floatOf(node, "beta", 1);
    const gemm = (x: string, transX: number, y: string, transY: number) =>
      graph.op("Gemm", [x, y], { alpha: { float: alpha }, transA: { int: transX }, transB: { int: transY } });
    const dc = () => (beta === 1 ? dy : graph.op("Mul", [dy, context.float(beta)]));
    return [
      () => (transA ? gemm(b, transB, dy, 1) : gemm(dy, 0, b, 1 - transB)),
      () => (transB ? gemm(dy, 1, a, transA) : gemm(a, 1 - transA, dy, 0)),
      () => context.unbroadcast(dc(), 2),
    ];
  },
  MatMul: (context, dy) => {
    const [a, b] = [context.input(0), context.input(1)];
    const [rankA, rankB] = [context.rank(a), context.rank(b)];
    const { graph } = context;
    // Vectors take part as matrices with one row or column.
    const full =
      rankA === 1 && rankB === 1
        ? graph.reshape(dy, [1, 1])
        : rankA === 1
          ? unsqueeze(context, dy, -2)
          : rankB === 1
            ? unsqueeze(context, dy, -1)
            : dy;
    const left = rankA === 1 ? unsqueeze(context, a, 0) : a;
    const right = rankB === 1 ? unsqueeze(context, b, 1) : b;
    return [
      () => summedLike(context, graph.op("MatMul", [full, swapLast(context, right, Math.max(rankB, 2))]), 0),
      () => summedLike(context, graph.op("MatMul", [swapLast(context, left, Math.max(rankA, 2)), full]), 1),
    ];
  },
};

function unsqueeze({ graph }: GradientContext, x: string, axis: number): string {
  return graph.op("Unsqueeze", [x, graph.ints([axis])]);
}

function swapLast({ graph }: GradientContext, x: string, rank: number): string {
  const order = Array.from({ length: rank }, (_, i) => i);
  return graph.transpose(x, [...order.slice(0, -2), rank - 1, rank - 2]);
}

/** Sums a product [batch…, r, c] over the batch axes that input i was repeated along. */
function summedLike(context: GradientContext, product: string, i: number): string {
  const { graph } = context;
  const [own, other] = [context.dims(context.input(i)), context.dims(context.input(1 - i))];
  const [outer, otherOuter] = [own.slice(0, -2), other.slice(0, -2)];
  const rank = Math.max(outer.length, otherOuter.length);
  const at = (dims: typeof outer, axis: number) => dims[axis - rank + dims.length];
  const repeated = Array.from({ length: rank }, (_, axis) => axis).filter(
    (axis) => at(outer, axis) === 1 && (at(otherOuter, axis) ?? 1) !== 1,
  );
  const leading = Array.from({ length: rank - outer.length }, (_, axis) => axis);
  const summed = graph.reduceSum(graph.reduceSum(product, repeated, true), leading, false);
  return own.length === 1 ? context.reshapeLike(summed, context.input(i)) : summed;
}
