import { intOf } from "../graph/attributes.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { OnnxModel, OnnxNode } from "../graph/model.js";

export interface BeforeSquashing {
  /** A value of the graph with the logits. */
  readonly value: string;
  readonly squashing: "Sigmoid" | "Softmax" | null;
}

/** Ops that only lay their first input out anew. */
const LAYOUT = new Set(["Identity", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Gather"]);

/**
 * What goes into the Sigmoid or Softmax that makes a value, with the ops that lay its result out anew added behind it once more; the value itself where
 * there is none.
 */
export function beforeSquashing(graph: GraphBuilder, { nodes }: OnnxModel, value: string): BeforeSquashing {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name): [string, OnnxNode] => [name, node])));
  for (const squashing of ["Sigmoid", "Softmax"] as const) {
    const inner = follow(graph, makers, value, squashing);
    if (inner !== undefined) return { value: inner, squashing };
  }
  return { value, squashing: null };
}

function follow(
  graph: GraphBuilder,
  makers: ReadonlyMap<string, OnnxNode>,
  value: string,
  squashing: "Sigmoid" | "Softmax",
): string | undefined {
  const node = makers.get(value);
  if (node?.domain !== "") return undefined;
  if (node.op === squashing) {
    // Over another axis than the last it is no row of classes.
    return squashing === "Sigmoid" || [-1, 1].includes(intOf(node, "axis", -1)) ? node.inputs[0] : undefined;
  }
  // A row's classes stay together only where nothing but its layout changes.
  const joins = node.op === "Concat" && squashing === "Sigmoid";
  if (!LAYOUT.has(node.op) && !joins) return undefined;
  if (squashing === "Softmax" && node.op !== "Identity") return undefined;
  const inner = (joins ? node.inputs : node.inputs.slice(0, 1)).map((name) => follow(graph, makers, name, squashing));
  if (inner.some((name) => name === undefined)) return undefined;
  const rest = joins ? [] : node.inputs.slice(1);
  return graph.op(node.op, [...(inner as string[]), ...rest], node.attributes);
}
