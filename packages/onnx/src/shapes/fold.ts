import { type OnnxModel, type OnnxNode, type OnnxTensor, tensorOf } from "../graph/model.js";
import { prune } from "../graph/prune.js";
import { constantOf } from "./constant.js";
import { type InferOptions, inferShapes } from "./infer.js";

/**
 * Constant folding: shapes, axes and other small values that follow from constants become constants, also where they only need the model's shapes.
 * A target of Reshape that differs between batches in one element gets −1 there. What is large is left to the runtime, which folds weights itself.
 */
export function foldConstants(model: OnnxModel, options: InferOptions = {}): OnnxModel {
  const facts = inferShapes(model, options);
  const initializers = new Map<string, OnnxTensor>(model.initializers);
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const nodes: OnnxNode[] = [];
  for (const node of model.nodes) {
    if (node.op === "Constant" && node.domain === "") {
      initializers.set(node.outputs[0]!, constantOf(node));
      continue;
    }
    const values = node.outputs.map((name) => facts.get(name));
    if (values.every((fact) => fact?.value) && !node.outputs.some((name) => outputs.has(name))) {
      node.outputs.forEach((name, i) => {
        const { type, dims, value } = values[i]!;
        initializers.set(name, tensorOf(type, dims as number[], value!));
      });
      continue;
    }
    nodes.push(node.op === "Reshape" && node.domain === "" ? withStaticTarget(node) : node);
  }
  return prune({ ...model, nodes, initializers });

  function withStaticTarget(node: OnnxNode): OnnxNode {
    const target = node.inputs[1]!;
    const values = facts.get(target)?.values;
    if (!values || facts.get(target)?.value) return node;
    const merged = values[0].map((dim, i) => (dim === values[1][i] ? dim : -1));
    if (values[0].length !== values[1].length || merged.filter((dim) => dim === -1).length !== 1 || merged.includes(0))
      return node;
    const name = `${target}_of_any_batch`;
    initializers.set(name, tensorOf("int64", [merged.length], merged));
    return { ...node, inputs: [node.inputs[0]!, name] };
  }
}
