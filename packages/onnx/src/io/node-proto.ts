import { OnnxError } from "../errors.js";
import { type AttributeValue, describeNode, type OnnxNode, type OnnxTensor } from "../graph/model.js";
import { ATTRIBUTE, KIND, NODE } from "./fields.js";
import type { RawGraph, RawNode } from "./raw-graph.js";
import { type ExternalData, readTensor, writeTensor } from "./tensor-proto.js";
import type { MessageReader } from "./wire-reader.js";
import type { MessageWriter } from "./wire-writer.js";

/** What a node and an attribute take in memory, about. */
const NODE_BYTES = 500;
const ATTRIBUTE_BYTES = 400;
const LINK_BYTES = 8;

/** What reading a node needs of the file around it. */
export interface NodeReading {
  readonly external: ExternalData | undefined;
  /** Reads a graph that is an attribute. */
  readonly graph: (message: MessageReader) => RawGraph;
}

/** @param index which node of the graph it is, for messages */
export function readNode(message: MessageReader, index: number, reading: NodeReading): RawNode {
  message.budget.take(NODE_BYTES);
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const attributes: RawAttribute[] = [];
  let [op, name, domain, overload] = ["", "", "", ""];
  while (message.next()) {
    if (message.field === NODE.input || message.field === NODE.output) {
      message.budget.take(LINK_BYTES);
      (message.field === NODE.input ? inputs : outputs).push(message.text());
    } else if (message.field === NODE.op) op = message.text();
    else if (message.field === NODE.name) name = message.text();
    else if (message.field === NODE.domain) domain = message.text();
    else if (message.field === NODE.overload) overload = message.text();
    else if (message.field === NODE.attribute) attributes.push(readRawAttribute(message.message(), reading));
  }
  if (op === "")
    throw new OnnxError(`readOnnx: expected every node to have an operator, got none at node ${index}; the file is damaged.`);
  const node = { op, domain: domain === "ai.onnx" ? "" : domain, name, inputs, outputs };
  return { ...node, ...(overload !== "" && { overload }), ...attributesOf(attributes, node) };
}

/** Attributes by kind: values, graphs, and within functions names of the call's attributes. */
function attributesOf(all: readonly RawAttribute[], node: Omit<OnnxNode, "attributes">) {
  const plain = all.filter(({ reference, kind }) => reference === "" && kind !== KIND.graph);
  const values = plain.map((attribute): [string, AttributeValue] => [attribute.name, attributeValue(attribute, node)]);
  const references = all.filter(({ reference }) => reference !== "").map(({ name, reference }) => [name, reference]);
  const graphs = all.flatMap(({ name, graph }) => (graph ? [[name, graph] as const] : []));
  return {
    attributes: Object.fromEntries(values),
    ...(references.length > 0 && { references: Object.fromEntries(references) as Record<string, string> }),
    ...(graphs.length > 0 && { graphs: Object.fromEntries(graphs) }),
  };
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
  graph: RawGraph | undefined;
  /** Within a function: the call's attribute that it takes its value from. */
  reference: string;
}

/** A function's attribute with the value that it has where a call leaves it out. */
export function readDefault(message: MessageReader, reading: NodeReading, name: string): [string, AttributeValue] {
  const attribute = readRawAttribute(message, reading);
  return [attribute.name, attributeValue(attribute, { op: name, domain: "", name: "", inputs: [], outputs: [] })];
}

function readRawAttribute(message: MessageReader, reading: NodeReading): RawAttribute {
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
    else if (message.field === ATTRIBUTE.reference) attribute.reference = message.text();
    else if (message.field === ATTRIBUTE.graph) attribute.graph = reading.graph(message.message());
    else if (message.field === ATTRIBUTE.strings) {
      message.budget.take(LINK_BYTES);
      attribute.strings.push(message.text());
    } else if (message.field === ATTRIBUTE.tensor)
      attribute.tensor = readTensor(message.message(), () => `attribute "${attribute.name}"`, reading.external)[1];
  }
  return attribute;
}

function newAttribute(): RawAttribute {
  return {
    ...{ name: "", kind: 0, int: 0, float: 0, string: "", ints: [], floats: [], strings: [], tensor: undefined },
    ...{ graph: undefined, reference: "" },
  };
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
    case KIND.graphs:
      throw new OnnxError(`readOnnx: expected no control flow, got ${describeNode(node)}; make the choice when exporting.`);
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
