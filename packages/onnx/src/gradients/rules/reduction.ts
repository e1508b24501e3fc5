import { intOf } from "../../graph/attributes.js";
import type { Dim } from "../../graph/model.js";
import type { GradientContext, GradientRule, GradientRules } from "../context.js";

/** Below this a norm counts as 0, where PyTorch's gradient is 0, too. */
const TINY = 1e-30;

interface Reduction {
  readonly axes: readonly number[];
  /** A value of the output's shape with the reduced axes kept as 1. */
  readonly kept: (value: string) => string;
}

function reductionOf(context: GradientContext): Reduction {
  const x = context.input(0);
  const rank = context.rank(x);
  const given = context.input(1) === "" ? [] : context.requiredInput(1, "axes");
  const all = given.length === 0 && intOf(context.node, "noop_with_empty_axes", 0) === 0;
  const axes = (all ? Array.from({ length: rank }, (_, i) => i) : given.map((axis) => context.positiveAxis(axis, x))).toSorted(
    (a, b) => a - b,
  );
  const kept = (value: string) =>
    intOf(context.node, "keepdims", 1) === 1 || axes.length === 0
      ? value
      : context.graph.op("Unsqueeze", [value, context.graph.ints(axes)]);
  return { axes, kept };
}

/** The number of elements that each output is made of; a value when the batch is among the axes. */
function countOf(context: GradientContext, axes: readonly number[]): string {
  const { graph } = context;
  const dims: Dim[] = axes.map((axis) => context.dims(context.input(0))[axis]!);
  if (dims.every((dim) => typeof dim === "number")) return context.float(dims.reduce((product, dim) => product * dim, 1));
  const ratio = graph.op("Div", [graph.op("Size", [context.input(0)]), graph.op("Size", [context.output()])]);
  return context.real(ratio);
}

/** dx = dy, spread, times a derivative that may use x and the kept y. */
const spread =
  (derivative: (context: GradientContext, y: string) => string): GradientRule =>
  (context, dy) => [
    () => {
      const { kept } = reductionOf(context);
      return context.graph.op("Mul", [kept(dy), derivative(context, kept(context.output()))]);
    },
  ];

/** The elements equal to the extremum share its cotangent evenly, as in PyTorch's amax. */
const extremum: GradientRule = (context, dy) => [
  () => {
    const { graph } = context;
    const { axes, kept } = reductionOf(context);
    const chosen = context.real(graph.op("Equal", [context.input(0), kept(context.output())]));
    return graph.op("Mul", [chosen, graph.op("Div", [kept(dy), graph.reduceSum(chosen, axes, true)])]);
  },
];

/**
 * Each element's cotangent is the product of the others: y / x where nothing is 0; a single 0 gets the product of the rest, and then all others get 0.
 */
const product: GradientRule = (context, dy) => [
  () => {
    const { graph } = context;
    const { axes, kept } = reductionOf(context);
    const x = context.input(0);
    const isZero = graph.op("Equal", [x, context.float(0)]);
    const nonzero = graph.op("Where", [isZero, context.float(1), x]);
    const zeros = graph.reduceSum(context.real(isZero), axes, true);
    const ofNonzero = axes.length === 0 ? nonzero : graph.op("ReduceProd", [nonzero, graph.ints(axes)], { keepdims: { int: 1 } });
    const whenZeros = (count: number, value: string) =>
      graph.op("Where", [graph.op("Equal", [zeros, context.float(count)]), value, context.float(0)]);
    const others = graph.op("Where", [isZero, whenZeros(1, ofNonzero), graph.op("Div", [whenZeros(0, ofNonzero), nonzero])]);
    return graph.op("Mul", [kept(dy), others]);
  },
];

export const reductionRules: GradientRules = {
  ReduceSum: (context, dy) => [() => context.expandLike(reductionOf(context).kept(dy), context.input(0))],
  ReduceMean: (context, dy) => [
    () => {
      const { axes, kept } = reductionOf(context);
      return context.expandLike(context.graph.op("Div", [kept(dy), countOf(context, axes)]), context.input(0));
    },
  ],
  ReduceMax: extremum,
  ReduceMin: extremum,
  ReduceProd: product,
  ReduceL1: spread((context) => context.graph.op("Sign", [context.input(0)])),
  ReduceL2: spread((context, y) =>
    context.graph.op("Div", [context.input(0), context.graph.op("Max", [y, context.float(TINY)])]),
  ),
  ReduceSumSquare: spread((context) => context.graph.op("Mul", [context.input(0), context.float(2)])),
  ReduceLogSum: spread((context, y) =>
    context.expandLike(context.graph.op("Exp", [context.graph.op("Neg", [y])]), context.input(0)),
  ),
  ReduceLogSumExp: spread((context, y) => context.graph.op("Exp", [context.graph.op("Sub", [context.input(0), y])])),
  // Each element is part of the running sums from its own place on.
  CumSum: (context, dy) => [
    () => {
      const { graph, node } = context;
      const reverse = { int: 1 - intOf(node, "reverse", 0) };
      return graph.op("CumSum", [dy, context.input(1)], { exclusive: { int: intOf(node, "exclusive", 0) }, reverse });
    },
  ],
};
