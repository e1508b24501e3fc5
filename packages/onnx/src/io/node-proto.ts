import { OnnxError } from "../errors.js";
import { type AttributeValue, describeNode, type OnnxNode, type OnnxTensor } from "../graph/model.js";
import { ATTRIBUTE, KIND, NODE } from "./fields.js";
import { type ExternalData, readTensor, writeTensor } from "./tensor-proto.js";
import type { MessageReader } from "./wire-reader.js";
import type { MessageWriter } from "./wire-writer.js";

/** What a node and an attribute take in memory, about. */
const NODE_BYTES = 500;
const ATTRIBUTE_BYTES = 400;
const LINK_BYTES = 8;

/** @param index which node of the graph it is, for messages */
export function readNode(message: MessageReader, index: number, external: ExternalData | undefined): OnnxNode {
  message.budget.take(NODE_BYTES);
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes: RawAttribute[] = [];
  let [op, name, domain] = ["", "", ""];
  while (message.next()) {
    if (message.field === NODE.input || message.field === NODE.output) {
      message.budget.take(LINK_BYTES);
      (message.field === NODE.input ? inputs : outputs).push(message.text());
    } else if (message.field === NODE.op) op = message.text();
    else if (message.field === NODE.name) name = message.text();
    else if (message.field === NODE.domain) domain = message.text();
    else if (message.field === NODE.attribute) attributes.push(readAttribute(message.message(), external));
  }
  if (op === "")
    throw new OnnxError(`readOnnx: expected every node to have an operator, got none at node ${index}; the file is damaged.`);
  const node = { op, domain: domain === "ai.onnx" ? "" : domain, name, inputs, outputs };
  const values = attributes.map((attribute): [string, AttributeValue] => [attribute.name, attributeValue(attribute, node)]);
  return { ...node, attributes: Object.fromEntries(values) };
}

interface RawAttribute {
  name: string;
  kind: number;
  int: number;
  float: number;
  string: string;
  readonly ints: number[];
  readonly floats: number[];
  readonly strings: string[];
  tensor: OnnxTensor | undefined;
}

function readAttribute(message: MessageReader, external: ExternalData | undefined): RawAttribute {
  message.budget.take(ATTRIBUTE_BYTES);
  const attribute = newAttribute();
  while (message.next()) {
    if (message.field === ATTRIBUTE.name) attribute.name = message.text();
    else if (message.field === ATTRIBUTE.type) attribute.kind = message.int();
    else if (message.field === ATTRIBUTE.int) attribute.int = message.int();
    else if (message.field === ATTRIBUTE.float) attribute.float = message.float();
    else if (message.field === ATTRIBUTE.string) attribute.string = message.text();
    else if (message.field === ATTRIBUTE.ints) message.ints(attribute.ints);
    else if (message.field === ATTRIBUTE.floats) message.reals(attribute.floats, 4);
    else if (message.field === ATTRIBUTE.strings) {
      message.budget.take(LINK_BYTES);
      attribute.strings.push(message.text());
    } else if (message.field === ATTRIBUTE.tensor)
      attribute.tensor = readTensor(message.message(), () => `attribute "${attribute.name}"`, external)[1];
  }
  return attribute;
}

function newAttribute(): RawAttribute {
  return { name: "", kind: 0, int: 0, float: 0, string: "", ints: [], floats: [], strings: [], tensor: undefined };
}

function attributeValue(attribute: RawAttribute, node: Omit<OnnxNode, "attributes">): AttributeValue {
  const place = () => `attribute "${attribute.name}" of ${describeNode(node)}`;
  switch (attribute.kind) {
    case KIND.int:
      return { int: attribute.int };
    case KIND.float:
      return { float: attribute.float };
    case KIND.string:
      return { string: attribute.string };
    case KIND.ints:
      return { ints: attribute.ints };
    case KIND.floats:
      return { floats: attribute.floats };
    case KIND.strings:
      return { strings: attribute.strings };
    case KIND.tensor:
      if (attribute.tensor) return { tensor: attribute.tensor };
      throw new OnnxError(`readOnnx: expected a tensor as ${place()}, got none; the file is damaged.`);
    case KIND.graph:
    case KIND.graphs:
      throw new OnnxError(
        `readOnnx: expected no control flow, got ${describeNode(node)}; make the choice when exporting (a Python if on constants, not on tensors).`,
      );
    default:
      throw new OnnxError(`readOnnx: expected numbers, texts or a tensor as ${place()}, got kind ${attribute.kind}.`);
  }
}

export function writeNode(message: MessageWriter, node: OnnxNode): void {
  for (const name of node.inputs) message.text(NODE.input, name);
  for (const name of node.outputs) message.text(NODE.output, name);
  message.text(NODE.name, node.name);
  message.text(NODE.op, node.op);
  message.text(NODE.domain, node.domain);
  for (const [name, value] of Object.entries(node.attributes)) {
    message.message(NODE.attribute, (attribute) => {
      attribute.text(ATTRIBUTE.name, name);
      writeAttribute(attribute, value);
    });
  }
}

function writeAttribute(message: MessageWriter, value: AttributeValue): void {
  const kind = (Object.keys(value) as (keyof typeof KIND)[])[0]!;
  message.int(ATTRIBUTE.type, KIND[kind]);
  if ("int" in value) message.int(ATTRIBUTE.int, value.int);
  else if ("float" in value) message.float(ATTRIBUTE.float, value.float);
  else if ("string" in value) message.text(ATTRIBUTE.string, value.string);
  else if ("ints" in value) for (const item of value.ints) message.int(ATTRIBUTE.ints, item);
  else if ("floats" in value) for (const item of value.floats) message.float(ATTRIBUTE.floats, item);
  else if ("strings" in value) for (const item of value.strings) message.text(ATTRIBUTE.strings, item);
  else message.message(ATTRIBUTE.tensor, (tensor) => writeTensor(tensor, "", value.tensor));
}
