import type { OnnxModel, OnnxTensor } from "./model.js";

/** The model without nodes and constants that no output needs. Its inputs stay. */
export function prune(model: OnnxModel): OnnxModel {
  const needed = new Set(model.outputs.map(({ name }) => name));
  const nodes = [];
  for (let i = model.nodes.length - 1; i >= 0; i--) {
    const node = model.nodes[i]!;
    if (!node.outputs.some((name) => name !== "" && needed.has(name))) continue;
    for (const name of node.inputs) needed.add(name);
    nodes.push(node);
  }
  const initializers = new Map<string, OnnxTensor>();
  for (const [name, tensor] of model.initializers) if (needed.has(name)) initializers.set(name, tensor);
  return { ...model, nodes: nodes.reverse(), initializers };
}
