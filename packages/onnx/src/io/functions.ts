import { OnnxError } from "../errors.js";
import { type Attributes, describeNode } from "../graph/model.js";
import { type RawGraph, type RawNode, renamedNode } from "./raw-graph.js";
import type { ReadBudget } from "./wire-reader.js";

/** A local function of a file: a graph without types that nodes of its name stand for. */
export interface LocalFunction {
  readonly name: string;
  readonly domain: string;
  readonly overload: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly RawNode[];
  /** Attributes that a call may leave out. */
  readonly defaults: Attributes;
  /** Version of the standard operator set that it was written for; undefined when it names none. */
  readonly opset: number | undefined;
}

/** Functions call functions; no exporter nests them deeper. */
const DEEPEST = 64;
/** What a node takes in memory, about. */
const NODE_BYTES = 500;

export const functionKey = ({ domain, op, overload = "" }: Pick<RawNode, "domain" | "op" | "overload">) =>
  `${domain}|${op}|${overload}`;

/**
 * The graph with every call of a local function replaced by the function's nodes.
 *
 * @throws OnnxError that names the call: of a function of another operator set, with more inputs than it takes, or that ends up calling itself
 */
export function inlineFunctions(
  graph: RawGraph,
  functions: ReadonlyMap<string, LocalFunction>,
  opset: number,
  budget: ReadBudget,
): RawGraph {
  if (functions.size === 0) return graph;
  let calls = 0;

  const expandGraph = (inner: RawGraph, depth: number): RawGraph => ({
    ...inner,
    nodes: inner.nodes.flatMap((node) => expand(node, depth)),
  });

  function expand(node: RawNode, depth: number): RawNode[] {
    const called = functions.get(functionKey(node)) ?? functions.get(functionKey({ ...node, overload: "" }));
    if (!called) {
      if (!node.graphs) return [node];
      const graphs = Object.entries(node.graphs).map(([key, inner]) => [key, expandGraph(inner, depth)]);
      return [{ ...node, graphs: Object.fromEntries(graphs) }];
    }
    checkCall(node, called, opset, depth);
    const prefix = `${node.name || node.op}#${calls++}/`;
    const values = new Map<string, string>([["", ""]]);
    called.inputs.forEach((name, i) => {
      values.set(name, node.inputs[i] ?? "");
    });
    called.outputs.forEach((name, i) => {
      // An output that nobody asked for still needs a name of its own.
      values.set(name, node.outputs[i] || `${prefix}${name}`);
    });
    const passed = called.outputs.filter((name) => called.inputs.includes(name));
    const rename = (name: string) => values.get(name) ?? `${prefix}${name}`;
    const attributes = { ...called.defaults, ...node.attributes };
    const body = called.nodes.flatMap((inner) => {
      budget.take(NODE_BYTES + 4 * prefix.length);
      return expand(renamedNode(withAttributes(inner, attributes), rename), depth + 1);
    });
    return [...body, ...passed.map((name) => handedOn(node, called, name)).filter(({ outputs }) => outputs[0] !== "")];
  }

  return expandGraph(graph, 0);
}

/** An input that a function gives back as it is. */
function handedOn(call: RawNode, { inputs, outputs }: LocalFunction, name: string): RawNode {
  const [from, to] = [call.inputs[inputs.indexOf(name)] ?? "", call.outputs[outputs.indexOf(name)] ?? ""];
  return { op: "Identity", domain: "", name: `${call.name}/${name}`, inputs: [from], outputs: [to], attributes: {} };
}

function checkCall(node: RawNode, called: LocalFunction, opset: number, depth: number): void {
  const { name, inputs, outputs } = called;
  if (depth >= DEEPEST)
    throw new OnnxError(
      `readOnnx: expected functions within ${DEEPEST} others at most, got ${describeNode(node)}, which calls itself.`,
    );
  if (node.inputs.length > inputs.length || node.outputs.length > outputs.length)
    throw new OnnxError(
      `readOnnx: expected at most ${inputs.length} inputs and ${outputs.length} outputs for the function ${name}, got ${describeNode(node)} with ${node.inputs.length} and ${node.outputs.length}.`,
    );
  if (called.opset !== undefined && called.opset !== opset)
    throw new OnnxError(
      `readOnnx: expected functions of the model's operator set, ${opset}, got ${describeNode(node)}, a function of ${called.opset}; in Python, run onnx.inliner.inline_local_functions(model, convert_version=True) and save again.`,
    );
}

/** A function's node with the attributes of the call, here and in its graphs; one that nobody gives is left to the op's own default. */
function withAttributes(node: RawNode, given: Attributes): RawNode {
  const { references, graphs, ...rest } = node;
  if (!references && !graphs) return node;
  const taken = Object.entries(references ?? {}).filter(([, from]) => given[from] !== undefined);
  const inner = Object.entries(graphs ?? {}).map(([key, graph]): [string, RawGraph] => [
    key,
    { ...graph, nodes: graph.nodes.map((own) => withAttributes(own, given)) },
  ]);
  return {
    ...rest,
    attributes: { ...node.attributes, ...Object.fromEntries(taken.map(([name, from]) => [name, given[from]!])) },
    ...(graphs && { graphs: Object.fromEntries(inner) }),
  };
}
