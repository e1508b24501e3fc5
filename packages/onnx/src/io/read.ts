import { type DeclaredOptions, describeValue, type GivenOptions, isFunction, readOptions } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { type AttributeValue, type OnnxModel, type OnnxTensor, OPSETS, type ValueInfo } from "../graph/model.js";
import { takeBranches } from "./branches.js";
import { FUNCTION, GRAPH, MODEL, OPSET_IMPORT } from "./fields.js";
import { functionKey, inlineFunctions, type LocalFunction } from "./functions.js";
import { type NodeReading, readDefault, readNode } from "./node-proto.js";
import type { RawGraph, RawNode } from "./raw-graph.js";
import { sortRaw } from "./sort-raw.js";
import { type ExternalData, readTensor } from "./tensor-proto.js";
import { readValueInfo } from "./value-info.js";
import { MessageReader, ReadBudget } from "./wire-reader.js";

const READ = {
  /** Gives the bytes of a file with external weights. Not needed for models that hold their weights. */
  external: { optional: true, is: isFunction<ExternalData>, expected: "a function (location) => bytes" },
} as const satisfies DeclaredOptions;

/** Options of `readOnnx`. */
export interface ReadOnnxOptions extends GivenOptions<typeof READ> {}

/**
 * Reads a model: bytes of an `.onnx` file of operator set 13 to 25. Weights are views of these bytes where they are aligned; what else is read takes
 * 64 MB and 4 times the file at most.
 *
 * @throws OnnxError for bytes that are no model, or a model with control flow that hangs on data, sparse or quantised constants
 */
export function readOnnx(bytes: Uint8Array, options: ReadOnnxOptions = {}): OnnxModel {
  if (!(bytes instanceof Uint8Array))
    throw new OnnxError(`readOnnx: expected the bytes of an .onnx file, got ${describeValue(bytes)}.`);
  const { external } = readOptions("readOnnx", READ, options, OnnxError);
  const budget = new ReadBudget(bytes.length);
  const { domains, graph, functions } = readModel(MessageReader.of(bytes, budget));
  if (!graph) throw new OnnxError("readOnnx: expected a graph in the file, got none; is it an .onnx file?");
  const opset = opsetOf(domains) ?? 0;
  checkOpset(opset);
  const reading = readingWithin(external, 0);
  const local = functions.map((message) => readFunction(message, reading));
  const known = new Map(local.map((own) => [functionKey({ ...own, op: own.name }), own]));
  const whole = connected(inlineFunctions(readGraph(graph, reading), known, opset, budget));
  // Domains of the functions have no nodes left.
  const used = new Set(whole.nodes.map(({ domain }) => domain));
  const others = domains.filter(([domain]) => domain !== "" && (known.size === 0 || used.has(domain)));
  return takeBranches({ opset, domains: Object.fromEntries(others), ...whole });
}

/** Graphs within graphs: no network's control flow is nested deeper. */
const DEEPEST = 32;

function readingWithin(external: ExternalData | undefined, depth: number): NodeReading {
  return {
    external,
    graph: (message) => {
      if (depth < DEEPEST) return readGraph(message, readingWithin(external, depth + 1));
      throw new OnnxError(`readOnnx: expected control flow within ${DEEPEST} others at most; the file is damaged.`);
    },
  };
}

const opsetOf = (domains: readonly (readonly [string, number])[]) => domains.findLast(([domain]) => domain === "")?.[1];

/** The model's frame: its graph is not read yet, as its meaning hangs on the operator set. */
function readModel(message: MessageReader) {
  const domains: [string, number][] = [];
  const functions: MessageReader[] = [];
  let graph: MessageReader | undefined;
  while (message.next()) {
    if (message.field === MODEL.opsetImport) domains.push(readOpset(message.message()));
    else if (message.field === MODEL.graph) graph = message.message();
    else if (message.field === MODEL.functions) functions.push(message.message());
  }
  return { domains, graph, functions };
}

function readFunction(message: MessageReader, reading: NodeReading): LocalFunction {
  const [inputs, outputs]: [string[], string[]] = [[], []];
  const [nodes, domains, defaults]: [RawNode[], [string, number][], [string, AttributeValue][]] = [[], [], []];
  let [name, domain, overload] = ["", "", ""];
  while (message.next()) {
    if (message.field === FUNCTION.name) name = message.text();
    else if (message.field === FUNCTION.domain) domain = message.text();
    else if (message.field === FUNCTION.overload) overload = message.text();
    else if (message.field === FUNCTION.input) inputs.push(message.text());
    else if (message.field === FUNCTION.output) outputs.push(message.text());
    else if (message.field === FUNCTION.node) nodes.push(readNode(message.message(), nodes.length, reading));
    else if (message.field === FUNCTION.opsetImport) domains.push(readOpset(message.message()));
    else if (message.field === FUNCTION.attributeDefault) defaults.push(readDefault(message.message(), reading, name));
  }
  const own = { name, domain: domain === "ai.onnx" ? "" : domain, overload, inputs, outputs, nodes };
  return { ...own, defaults: Object.fromEntries(defaults), opset: opsetOf(domains) };
}

function checkOpset(opset: number): void {
  if (opset >= OPSETS.min && opset <= OPSETS.max) return;
  const convert = opset > 0 && opset < OPSETS.min ? ", or in Python run onnx.version_converter.convert_version(model, 17)" : "";
  throw new OnnxError(
    `readOnnx: expected operator set ${OPSETS.min} to ${OPSETS.max}, got ${opset === 0 ? "none" : opset}; export again with opset_version=17${convert}.`,
  );
}

function readOpset(message: MessageReader): [string, number] {
  let domain = "";
  let version = 0;
  while (message.next()) {
    if (message.field === OPSET_IMPORT.domain) domain = message.text();
    else if (message.field === OPSET_IMPORT.version) version = message.int();
  }
  return [domain === "ai.onnx" ? "" : domain, version];
}

interface Graph extends RawGraph {
  name: string;
  readonly nodes: RawNode[];
  readonly inputs: ValueInfo[];
  readonly outputs: ValueInfo[];
  readonly initializers: Map<string, OnnxTensor>;
}

function readGraph(message: MessageReader, reading: NodeReading): Graph {
  const graph: Graph = { name: "", nodes: [], inputs: [], outputs: [], initializers: new Map() };
  while (message.next()) {
    if (message.field === GRAPH.name) graph.name = message.text();
    else if (message.field === GRAPH.node) graph.nodes.push(readNode(message.message(), graph.nodes.length, reading));
    else if (message.field === GRAPH.input) graph.inputs.push(readValueInfo(message.message()));
    else if (message.field === GRAPH.output) graph.outputs.push(readValueInfo(message.message()));
    else if (message.field === GRAPH.sparseInitializer)
      throw new OnnxError("readOnnx: expected dense constants, got sparse ones.");
    else if (message.field === GRAPH.initializer) {
      const [name, tensor] = readTensor(message.message(), (own) => `constant "${own}"`, reading.external);
      if (graph.initializers.has(name)) throw new OnnxError(`readOnnx: expected every constant once, got "${name}" twice.`);
      graph.initializers.set(name, tensor);
    }
  }
  return graph;
}

/** The graph in an order in which it can run. */
function connected({ name, nodes, inputs: listed, outputs, initializers }: RawGraph) {
  // Before IR version 4 every constant was listed among the inputs, too.
  const inputs = listed.filter((input) => !initializers.has(input.name));
  const known = new Set([...inputs.map((input) => input.name), ...initializers.keys()]);
  if (known.size !== inputs.length + initializers.size)
    throw new OnnxError("readOnnx: expected inputs of different names; the file is damaged.");
  const sorted = sortRaw(nodes, known);
  for (const node of nodes) for (const output of node.outputs) known.add(output);
  for (const output of outputs) {
    if (!known.has(output.name))
      throw new OnnxError(`readOnnx: expected output "${output.name}" to be made by a node; the file is damaged.`);
  }
  return { name, inputs, outputs, nodes: sorted, initializers };
}
