import { intOf, stringOf } from "../../graph/attributes.js";
import { tensorOf } from "../../graph/model.js";
import type { GradientContext, GradientRules } from "../context.js";

/** The losses of classifiers: −weight[label] · log probability[label], with labels to ignore, as a sum, a weighted mean or as they are. */
export const lossRules: GradientRules = {
  SoftmaxCrossEntropyLoss: (context, dy, all) => [
    () => {
      const { graph } = context;
      const logProbabilities = graph.op("LogSoftmax", [context.input(0)], { axis: { int: 1 } });
      const own = all[0] === undefined ? undefined : logProbabilityCotangent(context, dy);
      const both = [own, all[1]].filter((part) => part !== undefined).reduce((a, b) => graph.op("Add", [a, b]));
      const total = graph.reduceSum(both, [1], true);
      return graph.op("Sub", [both, graph.op("Mul", [graph.op("Exp", [logProbabilities]), total])]);
    },
  ],
  NegativeLogLikelihoodLoss: (context, dy) => [() => logProbabilityCotangent(context, dy)],
};

/** Cotangent of the log probabilities [n, classes, …]: −weight at each label, times the loss's cotangent, divided by all weights for the mean. */
function logProbabilityCotangent(context: GradientContext, dy: string): string {
  const { graph, node } = context;
  const weights = weightAtLabel(context);
  const reduction = stringOf(node, "reduction", "mean");
  const each = reduction === "none" ? graph.op("Unsqueeze", [dy, graph.ints([1])]) : dy;
  const negative = graph.op("Neg", [graph.op("Mul", [weights, each])]);
  if (reduction !== "mean") return negative;
  const total = graph.reduceSum(weights, [...context.dims(context.input(0)).keys()], true);
  return graph.op("Div", [negative, total]);
}

/** The weight of each label's class at that class, 0 at the others and for labels to ignore: [n, classes, …]. */
function weightAtLabel(context: GradientContext): string {
  const { graph, node } = context;
  const scores = context.input(0);
  const labels = context.input(1);
  const classes = context.size(scores, 1);
  context.checkSize([classes]);
  const shape = context.dims(scores).map((_, axis) => (axis === 1 ? classes : 1));
  const type = context.elementType(1) === "int32" ? "int32" : "int64";
  const numbers = graph.constant(
    tensorOf(
      type,
      shape,
      Array.from({ length: classes }, (_, k) => k),
    ),
    "classes",
  );
  const isLabel = graph.op("Equal", [graph.op("Unsqueeze", [labels, graph.ints([1])]), numbers]);
  const ignored = node.attributes.ignore_index === undefined ? undefined : intOf(node, "ignore_index", 0);
  // A negative label is no class anyway.
  const counts =
    ignored === undefined || ignored < 0 || ignored >= classes
      ? isLabel
      : graph.op("And", [
          isLabel,
          graph.op("Not", [graph.op("Equal", [numbers, graph.constant(tensorOf(type, [], [ignored]), "ignored")])]),
        ]);
  const selected = context.real(counts);
  const weights = context.input(2);
  return weights === "" ? selected : graph.op("Mul", [selected, graph.reshape(weights, shape)]);
}
