import { readOptions } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { checkModel } from "../graph/check.js";
import { freshNames } from "../graph/fresh-names.js";
import { type OnnxModel, type OnnxNode, type OnnxTensor, tensorOf } from "../graph/model.js";
import { prune } from "../graph/prune.js";
import { constantOf } from "./constant.js";
import { INFER, type InferOptions, inferShapes, VALUES_BUDGET, type ValueFacts } from "./infer.js";

/**
 * Constant folding: shapes, axes and other small values that follow from constants become constants, also where they only need the model's shapes.
 * A target of Reshape that differs between batches in one element gets −1 there. What is large is left to the runtime, which folds weights itself,
 * and so is what would make many copies of a value.
 */
export function foldConstants(model: OnnxModel, options: InferOptions = {}): OnnxModel {
  checkModel("foldConstants", model);
  readOptions("foldConstants", INFER, options, OnnxError);
  const facts = inferShapes(model, options);
  const initializers = new Map<string, OnnxTensor>(model.initializers);
  const outputs = new Set(model.outputs.map(({ name }) => name));
  const folded = new Map<string, ValueFacts>();
  const nodes: OnnxNode[] = [];
  const fresh = freshNames(model);
  let budget = VALUES_BUDGET;
  for (const node of model.nodes) {
    if (node.op === "Constant" && node.domain === "") {
      initializers.set(node.outputs[0]!, constantOf(node));
      continue;
    }
    const values = node.outputs.map((name) => facts.get(name));
    const size = values.reduce((sum, fact) => sum + (fact?.value?.length ?? Number.POSITIVE_INFINITY), 0);
    if (size <= budget && !node.outputs.some((name) => outputs.has(name))) {
      budget -= size;
      for (const name of node.outputs) folded.set(name, facts.get(name)!);
      continue;
    }
    nodes.push(node.op === "Reshape" && node.domain === "" ? withStaticTarget(node) : node);
  }
  const kept = prune({ ...model, nodes, initializers });
  const constants = new Map(kept.initializers);
  for (const name of kept.nodes.flatMap(({ inputs }) => inputs)) {
    const fact = constants.has(name) ? undefined : folded.get(name);
    if (fact) constants.set(name, tensorOf(fact.type, fact.dims as number[], fact.value!));
  }
  return { ...kept, initializers: constants };

  function withStaticTarget(node: OnnxNode): OnnxNode {
    const target = node.inputs[1]!;
    const values = facts.get(target)?.values;
    if (!values || facts.get(target)?.value) return node;
    const merged = values[0].map((dim, i) => (dim === values[1][i] ? dim : -1));
    if (values[0].length !== values[1].length || merged.filter((dim) => dim === -1).length !== 1 || merged.includes(0))
      return node;
    const name = fresh(`${target}_of_any_batch`);
    initializers.set(name, tensorOf("int64", [merged.length], merged));
    return { ...node, inputs: [node.inputs[0]!, name] };
  }
}
