import { floatOf, intOf } from "../../graph/attributes.js";
import { numbersOf } from "../../graph/model.js";
import type { GradientContext, GradientRule, GradientRules } from "../context.js";

/** Normalisations. BatchNormalization is the inference form: a fixed scale for each channel. */
export const normalizationRules: GradientRules = {
  BatchNormalization: (context, dy) => {
    if (intOf(context.node, "training_mode", 0) === 1)
      throw context.error("BatchNormalization in inference form; export model.eval()");
    return [() => context.graph.op("Mul", [dy, channelScale(context)]), ...batchParameters(context, dy)];
  },
  InstanceNormalization: (context, dy) => {
    const rank = context.rank(context.input(0));
    const axes = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    return normalized(context, dy, context.input(0), axes, (value) => perChannel(context, value));
  },
  LayerNormalization: (context, dy) => {
    const x = context.input(0);
    const rank = context.rank(x);
    const first = context.positiveAxis(intOf(context.node, "axis", -1), x);
    const axes = Array.from({ length: rank - first }, (_, i) => first + i);
    return normalized(context, dy, x, axes, (value) => value);
  },
  RMSNormalization: rmsNormalization,
  GroupNormalization: groupNormalization,
};

/** Cotangents of scale, bias, mean and variance of y = scale · (x − mean) / √(variance + ε) + bias. */
function batchParameters(context: GradientContext, dy: string): ReturnType<GradientRule> {
  const { graph } = context;
  const [scale, mean, variance] = [context.input(1), context.input(3), context.input(4)];
  const deviation = () => graph.op("Sqrt", [graph.op("Add", [variance, context.float(floatOf(context.node, "epsilon", 1e-5))])]);
  const total = () => summedTo(context, dy, 1);
  /** Σ dy · (x − mean) / √(variance + ε). */
  const alongUnit = () => {
    const centred = graph.op("Sub", [context.input(0), perChannel(context, mean)]);
    return graph.op("Div", [summedTo(context, graph.op("Mul", [dy, centred]), 1), deviation()]);
  };
  const slope = () => graph.op("Div", [scale, deviation()]);
  return [
    alongUnit,
    total,
    () => graph.op("Neg", [graph.op("Mul", [slope(), total()])]),
    () => {
      const half = graph.op("Mul", [graph.op("Div", [slope(), deviation()]), context.float(-0.5)]);
      return graph.op("Mul", [half, alongUnit()]);
    },
  ];
}

/** scale / √(variance + ε) as [channels, 1, …]: computed here when both are constants of the model. */
function channelScale(context: GradientContext): string {
  const { graph } = context;
  const epsilon = floatOf(context.node, "epsilon", 1e-5);
  const [scale, variance] = [context.weights(context.input(1)), context.weights(context.input(4))];
  const ones = Array<number>(context.rank(context.input(0)) - 2).fill(1);
  if (scale && variance) {
    const variances = numbersOf(variance);
    const values = numbersOf(scale).map((s, i) => s / Math.sqrt(variances[i]! + epsilon));
    return context.reals([values.length, ...ones], () => values, "channel_scale");
  }
  const deviation = graph.op("Sqrt", [graph.op("Add", [context.input(4), context.float(epsilon)])]);
  return graph.reshape(graph.op("Div", [context.input(1), deviation]), [-1, ...ones]);
}

/** A value [channels] that broadcasts along the channels of the first input. */
function perChannel(context: GradientContext, value: string): string {
  const ones = Array<number>(context.rank(context.input(0)) - 2).fill(1);
  return context.graph.reshape(value, [-1, ...ones]);
}

/**
 * y = scale · x̂ + bias with x̂ = (x − mean) / √(variance + ε) over some axes:
 * dx = (g − mean(g) − x̂ · mean(g · x̂)) / √(variance + ε) with g = dy · scale.
 */
function normalized(
  context: GradientContext,
  dy: string,
  x: string,
  axes: readonly number[],
  spread: (value: string) => string,
): ReturnType<GradientRule> {
  const { graph } = context;
  const { unit, inverse } = standardized(context, x, axes);
  const mean = (value: string) => graph.reduce("ReduceMean", value, axes, true);
  return [
    () => standardizedGradient(context, graph.op("Mul", [dy, spread(context.input(1))]), unit(), inverse(), mean),
    () => summedTo(context, graph.op("Mul", [dy, unit()]), 1),
    () => summedTo(context, dy, 2),
  ];
}

function standardizedGradient(
  { graph }: GradientContext,
  g: string,
  unit: string,
  inverse: string,
  mean: (value: string) => string,
): string {
  const along = graph.op("Mul", [unit, mean(graph.op("Mul", [g, unit]))]);
  return graph.op("Mul", [graph.op("Sub", [graph.op("Sub", [g, mean(g)]), along]), inverse]);
}

/** x̂ and 1 / √(variance + ε), made once when first needed. */
function standardized(context: GradientContext, x: string, axes: readonly number[]) {
  const { graph } = context;
  let made: { unit: string; inverse: string } | undefined;
  const make = () => {
    if (made) return made;
    const centred = graph.op("Sub", [x, graph.reduce("ReduceMean", x, axes, true)]);
    const variance = graph.reduce("ReduceMean", graph.op("Mul", [centred, centred]), axes, true);
    const epsilon = context.float(floatOf(context.node, "epsilon", 1e-5));
    const inverse = graph.op("Reciprocal", [graph.op("Sqrt", [graph.op("Add", [variance, epsilon])])]);
    made = { unit: graph.op("Mul", [centred, inverse]), inverse };
    return made;
  };
  return { unit: () => make().unit, inverse: () => make().inverse };
}

/** Sums over all axes that a scale or bias was repeated along: all but the channels, or all leading ones for LayerNormalization. */
function summedTo(context: GradientContext, value: string, i: number): string {
  if (context.node.op === "LayerNormalization") return context.unbroadcast(value, i);
  const rank = context.rank(context.input(0));
  return context.graph.reduceSum(
    value,
    Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== 1),
    false,
  );
}

/** y = scale · x̂ with x̂ = x / √(mean(x²) + ε): dx = (g − x̂ · mean(g · x̂)) / √(mean(x²) + ε) with g = dy · scale. */
function rmsNormalization(...[context, dy]: Parameters<GradientRule>): ReturnType<GradientRule> {
  const { graph } = context;
  const x = context.input(0);
  const first = context.positiveAxis(intOf(context.node, "axis", -1), x);
  const axes = Array.from({ length: context.rank(x) - first }, (_, i) => first + i);
  const mean = (value: string) => graph.reduce("ReduceMean", value, axes, true);
  const epsilon = context.float(floatOf(context.node, "epsilon", 1e-5));
  const inverse = () => graph.op("Reciprocal", [graph.op("Sqrt", [graph.op("Add", [mean(graph.op("Mul", [x, x])), epsilon])])]);
  return [
    () => {
      const scale = inverse();
      const unit = graph.op("Mul", [x, scale]);
      const g = graph.op("Mul", [dy, context.input(1)]);
      const along = graph.op("Mul", [unit, mean(graph.op("Mul", [g, unit]))]);
      return graph.op("Mul", [graph.op("Sub", [g, along]), scale]);
    },
    () => context.unbroadcast(graph.op("Mul", [dy, graph.op("Mul", [x, inverse()])]), 1),
  ];
}

function groupNormalization(...[context, dy]: Parameters<GradientRule>): ReturnType<GradientRule> {
  const { graph } = context;
  const x = context.input(0);
  const groups = intOf(context.node, "num_groups", 1);
  const channels = context.size(x, 1);
  const axes = [2];
  const grouped = (value: string) => graph.reshape(value, [0, groups, -1]);
  const { unit, inverse } = standardized(context, grouped(x), axes);
  // Since operator set 21 scale and bias are given for each channel, before for each group.
  const scale = () => perChannel(context, context.opset >= 21 ? context.input(1) : repeated());
  const repeated = () =>
    graph.reshape(graph.op("Expand", [graph.reshape(context.input(1), [groups, 1]), graph.ints([groups, channels / groups])]), [
      channels,
    ]);
  const mean = (value: string) => graph.reduce("ReduceMean", value, axes, true);
  const perScale = (value: string) => {
    const sums = summedTo(context, value, 1);
    return context.opset >= 21 ? sums : graph.reduceSum(graph.reshape(sums, [groups, -1]), [1], false);
  };
  return [
    () => context.reshapeLike(standardizedGradient(context, grouped(graph.op("Mul", [dy, scale()])), unit(), inverse(), mean), x),
    () => perScale(graph.op("Mul", [dy, context.reshapeLike(unit(), x)])),
    () => perScale(dy),
  ];
}
