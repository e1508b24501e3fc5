import { intOf, intsOf } from "../graph/attributes.js";
import { sizeOf } from "../graph/model.js";
import { offsets, stridesOf } from "./broadcast.js";
import type { NodeFacts, ShapeRule, ShapeRules } from "./fact.js";

/** The axes that a reduction sums over: an attribute before operator set 18 (13 for ReduceSum), an input since. Sorted; none given: all. */
function reducedAxes(facts: NodeFacts): number[] {
  const rank = facts.input(0).dims.length;
  const given = facts.has(1) ? facts.value(1) : (intsOf(facts.node, "axes") ?? []);
  if (given.length === 0 && intOf(facts.node, "noop_with_empty_axes", 0) === 1) return [];
  const axes = given.length === 0 ? Array.from({ length: rank }, (_, i) => i) : given.map((axis) => facts.axis(axis, rank));
  return [...new Set(axes)].sort((a, b) => a - b);
}

const reduce =
  (f?: (values: number[]) => number): ShapeRule =>
  (facts) => {
    const { type, dims, value } = facts.input(0);
    const axes = reducedAxes(facts);
    const kept = dims.map((dim, axis) => (axes.includes(axis) ? 1 : dim));
    const result = intOf(facts.node, "keepdims", 1) === 1 ? kept : dims.filter((_, axis) => !axes.includes(axis));
    if (!f || !value) return [{ type, dims: result }];
    const strides = stridesOf(dims);
    const within = offsets(
      axes.map((axis) => dims[axis]!),
      axes.map((axis) => strides[axis]!),
    );
    const reduced = offsets(kept, strides).map((start) => f(within.map((step) => value[start + step]!)));
    return [{ type, dims: result, value: reduced }];
  };

const arg: ShapeRule = (facts) => {
  const { dims } = facts.input(0);
  const axis = facts.axis(intOf(facts.node, "axis", 0), dims.length);
  const keep = intOf(facts.node, "keepdims", 1) === 1;
  return [{ type: "int64", dims: keep ? dims.with(axis, 1) : dims.toSpliced(axis, 1) }];
};

export const reductionShapes: ShapeRules = {
  ReduceSum: reduce((values) => values.reduce((sum, x) => sum + x, 0)),
  ReduceMean: reduce((values) => values.reduce((sum, x) => sum + x, 0) / values.length),
  ReduceMax: reduce((values) => values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)),
  ReduceMin: reduce((values) => values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)),
  ReduceProd: reduce((values) => values.reduce((product, x) => product * x, 1)),
  ReduceL1: reduce(),
  ReduceL2: reduce(),
  ReduceSumSquare: reduce(),
  ReduceLogSum: reduce(),
  ReduceLogSumExp: reduce(),
  TopK: (facts) => {
    const { type, dims } = facts.input(0);
    const axis = facts.axis(intOf(facts.node, "axis", -1), dims.length);
    const [k] = facts.value(1);
    if (!(k! >= 0 && k! <= dims[axis]!)) throw facts.wrong(`a count within 0…${dims[axis]}, got ${k}`);
    const result = dims.with(axis, k!);
    return [
      { type, dims: result },
      { type: "int64", dims: result },
    ];
  },
  ArgMax: arg,
  ArgMin: arg,
  Size: (facts) => [{ type: "int64", dims: [], value: [sizeOf(facts.input(0).dims)] }],
};
