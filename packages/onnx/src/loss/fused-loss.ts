import type { Divergence } from "@latentflow/core";
import { differentiate } from "../gradients/differentiate.js";
import { GraphBuilder } from "../graph/builder.js";
import type { OnnxModel, ValueInfo } from "../graph/model.js";
import { type AttributeNetwork, logitsName } from "./attribute-network.js";

/** What the terms of the attributes that shall stay are: a divergence, or equation 9 in their place. */
export type LossKind = Divergence | "identity";

/**
 * The losses of an edit as part of the graph. With q_j the target distribution of attribute j, both of the paper's terms are one formula:
 *
 *     divergence_j = mean over the batch of r_j · KL(q_j ‖ softmax(logits_j / τ_j)),    total = Σ_j weight_j · divergence_j
 *
 * For the edited attribute k, q_k is the target class itself (its KL is the cross entropy of equation 4) with weight 1, and r_k says how much each
 * code counts; for the others, q_j is softmax(original logits) with weight λ / (attributes − 1), equation 5, and r_j = 1. So one graph serves every
 * attribute, target, τ and λ. With "hellinger", the others have 1 − Σ √(q_j softmax(logits_j / τ_j)) in place of the KL.
 *
 * Inputs: w, "wanted" [n, Σ classes] (all q side by side), "row_weights" [n, attributes] (r), "weights" [attributes], "temperatures" [attributes];
 * for "hellinger" also "edited" [attributes] (1 for k, else 0), for equation 9 "original_embedding" [n, e] and "identity_weight" []. Outputs:
 * "divergences" [attributes], "identity" [], the logits, and "w_gradient".
 */
export function fusedLoss(network: AttributeNetwork, kind: LossKind): OnnxModel {
  const { attributes, model, embeddingSize, batch = "n" } = network;
  const logits: ValueInfo[] = attributes.map(({ classes }, k) => ({
    name: logitsName(k),
    type: "float32",
    dims: [batch, classes],
  }));
  const graph = GraphBuilder.from(model, { outputs: logits });
  const sizes = attributes.map(({ classes }) => classes);
  const wanted = graph.input("wanted", [batch, sizes.reduce((sum, classes) => sum + classes, 0)]);
  const ones = attributes.map(() => 1);
  const weights = graph.input("weights", [attributes.length]);
  const parts = split(graph, wanted, sizes, 1);
  const rowWeights = split(graph, graph.input("row_weights", [batch, attributes.length]), ones, 1);
  const temperatures = split(graph, graph.input("temperatures", [attributes.length]), ones, 0);
  const edited = kind === "hellinger" ? split(graph, graph.input("edited", [attributes.length]), ones, 0) : undefined;
  const divergences = attributes.map((_, k) => {
    const after = graph.op("LogSoftmax", [graph.op("Div", [logitsName(k), temperatures[k]!])], { axis: { int: 1 } });
    const kl = klOf(graph, parts[k]!, after);
    const perImage = edited ? either(graph, edited[k]!, kl, hellingerOf(graph, parts[k]!, after)) : kl;
    return meanOverBatch(graph, graph.op("Mul", [perImage, rowWeights[k]!]));
  });
  const stacked = graph.op("Concat", divergences, { axis: { int: 0 } });
  graph.output("divergences", stacked, [attributes.length]);
  let loss = graph.reduceSum(graph.op("Mul", [stacked, weights]), [0], false);
  if (kind === "identity") {
    const original = graph.input("original_embedding", [batch, embeddingSize!]);
    const cosine = graph.reduceSum(graph.op("Mul", ["embedding", original]), [1], false);
    const identity = graph.op("Sub", [graph.float(1), graph.reduce("ReduceMean", cosine, [0], false)]);
    graph.output("identity", identity, []);
    loss = graph.op("Add", [loss, graph.op("Mul", [identity, graph.input("identity_weight", [])])]);
  }
  graph.output("total", loss, []);
  return differentiate(graph.build(), { outputs: ["total"], wrt: ["w"], cotangents: "ones" });
}

/** A value in parts of these sizes along an axis. */
function split(graph: GraphBuilder, value: string, sizes: readonly number[], axis: number): string[] {
  if (sizes.length === 1) return [value];
  return graph.ops("Split", [value, graph.ints(sizes)], sizes.length, { axis: { int: axis } });
}

/** Smaller probabilities count as this in their logarithm; times the probability, the difference is nothing. */
const TINY = 1e-30;

/** Σ q (ln q − ln p), as [n, 1]. */
function klOf(graph: GraphBuilder, wanted: string, after: string): string {
  const before = graph.op("Log", [graph.op("Max", [wanted, graph.float(TINY)])]);
  return graph.reduceSum(graph.op("Mul", [wanted, graph.op("Sub", [before, after])]), [1], true);
}

/** 1 − Σ √(q p), as [n, 1]. The root of p from its logarithm: so it has a gradient where p is 0, too. */
function hellingerOf(graph: GraphBuilder, wanted: string, after: string): string {
  const root = graph.op("Exp", [graph.op("Mul", [after, graph.float(0.5)])]);
  const affinity = graph.reduceSum(graph.op("Mul", [graph.op("Sqrt", [wanted]), root]), [1], true);
  return graph.op("Sub", [graph.float(1), affinity]);
}

/** The first where `share` is 1, the second where it is 0. */
function either(graph: GraphBuilder, share: string, first: string, second: string): string {
  const rest = graph.op("Sub", [graph.float(1), share]);
  return graph.op("Add", [graph.op("Mul", [first, share]), graph.op("Mul", [second, rest])]);
}

/** [n, 1] → [1] */
function meanOverBatch(graph: GraphBuilder, perImage: string): string {
  return graph.op("Squeeze", [graph.reduce("ReduceMean", perImage, [0], true), graph.ints([1])]);
}
