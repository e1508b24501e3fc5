import { OnnxError } from "../errors.js";
import { describeNode, floats, integers, type OnnxNode, type OnnxTensor, tensorOf } from "../graph/model.js";

/** What a Constant node holds. */
export function constantOf(node: OnnxNode): OnnxTensor {
  const { value, value_float, value_floats, value_int, value_ints } = node.attributes;
  if (value && "tensor" in value) return value.tensor;
  if (value_float && "float" in value_float) return floats([], [value_float.float]);
  if (value_floats && "floats" in value_floats) return floats([value_floats.floats.length], value_floats.floats);
  if (value_int && "int" in value_int) return tensorOf("int64", [], [value_int.int]);
  if (value_ints && "ints" in value_ints) return integers(value_ints.ints);
  throw new OnnxError(
    `${describeNode(node)}: expected a dense tensor or numbers, got attributes ${Object.keys(node.attributes).join(", ") || "none"}.`,
  );
}
