import { stringOf } from "../graph/attributes.js";
import { type Fact, type NodeFacts, type ShapeRules, shapeText } from "./fact.js";

/** The losses of classifiers: scores [n, classes, …] and labels [n, …]. */
export const lossShapes: ShapeRules = {
  SoftmaxCrossEntropyLoss: (facts) => [lossOf(facts), facts.input(0)],
  NegativeLogLikelihoodLoss: (facts) => [lossOf(facts)],
};

function lossOf(facts: NodeFacts): Fact {
  const { type, dims } = facts.input(0);
  const labels = facts.input(1).dims;
  if (dims.length < 2 || labels.join() !== dims.toSpliced(1, 1).join())
    throw facts.wrong(
      `scores [n, classes, …] and a label for each, without the classes, got ${shapeText(dims)} and ${shapeText(labels)}`,
    );
  const reduction = stringOf(facts.node, "reduction", "mean");
  if (!["none", "sum", "mean"].includes(reduction)) throw facts.wrong(`reduction none, sum or mean, got ${reduction}`);
  return { type, dims: reduction === "none" ? labels : [] };
}
