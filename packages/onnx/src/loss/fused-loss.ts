import { differentiate } from "../gradients/differentiate.js";
import { GraphBuilder } from "../graph/builder.js";
import type { OnnxModel, ValueInfo } from "../graph/model.js";
import { type AttributeNetwork, logitsName } from "./attribute-network.js";

/**
 * The paper's loss as part of the graph. With q_j the target distribution of attribute j, both of its terms are one formula:
 *
 *     divergence_j = mean over the batch of KL(q_j ‖ softmax(logits_j / τ)),    total = Σ_j weight_j · divergence_j
 *
 * For the edited attribute k, q_k is the target class itself (its KL is the cross entropy of equation 4) with weight 1; for the others, q_j is
 * softmax(original logits) with weight λ / (attributes − 1), equation 5. So one graph serves every attribute, target, τ and λ.
 *
 * Inputs: w, "wanted" [n, Σ classes] (all q side by side), "weights" [attributes], "temperature" []; for equation 9 also "original_embedding"
 * [n, e] and "identity_weight" []. Outputs: "divergences" [attributes], "identity" [], the logits, and "w_gradient".
 */
export function fusedLoss(network: AttributeNetwork, kind: "divergence" | "identity"): OnnxModel {
  const { attributes, model, embeddingSize, batch = "n" } = network;
  const logits: ValueInfo[] = attributes.map(({ classes }, k) => ({
    name: logitsName(k),
    type: "float32",
    dims: [batch, classes],
  }));
  const graph = GraphBuilder.from(model, { outputs: logits });
  const total = attributes.reduce((sum, { classes }) => sum + classes, 0);
  const wanted = graph.input("wanted", [batch, total]);
  const weights = graph.input("weights", [attributes.length]);
  const temperature = graph.input("temperature", []);
  const parts =
    attributes.length === 1
      ? [wanted]
      : graph.ops("Split", [wanted, graph.ints(attributes.map(({ classes }) => classes))], attributes.length, {
          axis: { int: 1 },
        });
  const divergences = attributes.map((_, k) => divergence(graph, parts[k]!, logitsName(k), temperature));
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

/** Smaller probabilities count as this in their logarithm; times the probability, the difference is nothing. */
const TINY = 1e-30;

/** mean over the batch of Σ q (ln q − ln softmax(logits / τ)), as [1]. */
function divergence(graph: GraphBuilder, wanted: string, logits: string, temperature: string): string {
  const after = graph.op("LogSoftmax", [graph.op("Div", [logits, temperature])], { axis: { int: 1 } });
  const before = graph.op("Log", [graph.op("Max", [wanted, graph.float(TINY)])]);
  const terms = graph.op("Mul", [wanted, graph.op("Sub", [before, after])]);
  const perImage = graph.reduceSum(terms, [1], true);
  return graph.op("Squeeze", [graph.reduce("ReduceMean", perImage, [0], true), graph.ints([1])]);
}
