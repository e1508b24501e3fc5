import { describeValue } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { intOf, intsOf } from "./attributes.js";
import { checkModel } from "./check.js";
import { freshNames } from "./fresh-names.js";
import { describeNode, integers, type OnnxModel, type OnnxNode, type OnnxTensor, OPSETS } from "./model.js";

/** Reductions whose axes became an input with operator set 18. */
const REDUCTIONS = new Set(
  "ReduceMean ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceSumSquare".split(" "),
);

/**
 * The same network in a newer operator set, so that two models can be put together. Of what this package understands, the sets 13 to 25 differ in
 * the reductions (18), equal splits (18) and GroupNormalization (21).
 *
 * @throws OnnxError for an older operator set than the model's, or one that is not known
 */
export function raiseOpset(model: OnnxModel, opset: number): OnnxModel {
  checkModel("raiseOpset", model);
  if (opset === model.opset) return model;
  if (!(Number.isInteger(opset) && opset > model.opset && opset <= OPSETS.max)) {
    throw new OnnxError(`raiseOpset: expected an operator set in ${model.opset}…${OPSETS.max}, got ${describeValue(opset)}.`);
  }
  const initializers = new Map<string, OnnxTensor>(model.initializers);
  const fresh = freshNames(model);
  const nodes = model.nodes.map((node) => {
    if (node.domain !== "") return node;
    if (model.opset < 18 && opset >= 18) {
      if (REDUCTIONS.has(node.op)) return withAxesInput(node, initializers, fresh);
      if (node.op === "Split" && !node.inputs[1]) {
        return { ...node, attributes: { ...node.attributes, num_outputs: { int: node.outputs.length } } };
      }
    }
    if (node.op === "GroupNormalization" && model.opset < 21 && opset >= 21) {
      throw new OnnxError(
        `raiseOpset: ${describeNode(node)} has another meaning from operator set 21 on; export again with opset_version=21.`,
      );
    }
    return node;
  });
  return { ...model, opset, nodes, initializers };
}

function withAxesInput(node: OnnxNode, initializers: Map<string, OnnxTensor>, fresh: (base: string) => string): OnnxNode {
  const axes = intsOf(node, "axes");
  const attributes = { keepdims: { int: intOf(node, "keepdims", 1) } };
  if (!axes) return { ...node, attributes };
  const name = fresh(`${node.outputs[0]}_axes`);
  initializers.set(name, integers(axes));
  return { ...node, inputs: [node.inputs[0]!, name], attributes };
}
