import { OnnxError } from "../errors.js";
import { describeNode, type OnnxModel, type OnnxTensor } from "../graph/model.js";
import { inferShapes, type ValueFacts } from "../shapes/infer.js";
import { captured, type RawGraph, type RawNode, renamedGraph } from "./raw-graph.js";
import { sortRaw } from "./sort-raw.js";

/** A model whose nodes may hold graphs. */
type RawModel = Omit<OnnxModel, "nodes"> & { readonly nodes: readonly RawNode[] };

/**
 * The model without control flow: of every If whose condition follows from constants and shapes, the branch that it takes stands in its place, as
 * exporters write the checks of a squeeze or an adaptive pooling.
 *
 * @throws OnnxError that names an If that hangs on data, and any other control flow
 */
export function takeBranches(model: RawModel): OnnxModel {
  let current = model;
  while (current.nodes.some(({ graphs }) => graphs)) {
    const other = current.nodes.find(({ op, domain, graphs }) => graphs && (op !== "If" || domain !== ""));
    if (other) throw refused(other, "it");
    const facts = factsOf(current);
    const next = withKnownBranches(current, facts);
    if (next.nodes.length === current.nodes.length && next.nodes.every((node, i) => node === current.nodes[i]))
      throw refused(current.nodes.find(({ graphs }) => graphs)!, "its condition hangs on data, so it");
    current = next;
  }
  return current;
}

function refused(node: RawNode, what: string): OnnxError {
  return new OnnxError(
    `readOnnx: expected no control flow but an If of a known condition, got ${describeNode(node)}: ${what} can't be differentiated. Make the choice when exporting (a Python if on constants and shapes, not on tensors).`,
  );
}

/** What is known of the values. A model with free sizes besides the batch tells nothing. */
function factsOf(model: RawModel): ReadonlyMap<string, ValueFacts> {
  const shaped = model.inputs.filter(({ dims }) => dims?.every((dim, axis) => axis === 0 || typeof dim === "number"));
  try {
    if (shaped.length === model.inputs.length) return inferShapes(model);
    // Constants are known in any case.
    return inferShapes({
      ...model,
      inputs: shaped,
      nodes: constantNodes(
        model,
        shaped.map(({ name }) => name),
      ),
    });
  } catch (error) {
    if (!(error instanceof OnnxError)) throw error;
    return inferShapes({ ...model, inputs: [], nodes: constantNodes(model, []) });
  }
}

/** Nodes that need no input of the model. */
function constantNodes({ nodes, initializers }: RawModel, known: readonly string[]): RawNode[] {
  const names = new Set(["", ...initializers.keys(), ...known]);
  return nodes.filter(({ inputs, outputs, graphs }) => {
    if (graphs || !inputs.every((name) => names.has(name))) return false;
    for (const name of outputs) names.add(name);
    return true;
  });
}

function withKnownBranches(model: RawModel, facts: ReadonlyMap<string, ValueFacts>): RawModel {
  const initializers = new Map<string, OnnxTensor>(model.initializers);
  const nodes = model.nodes.flatMap((node, i) => {
    const condition = node.graphs && facts.get(node.inputs[0] ?? "")?.value;
    if (!node.graphs || condition?.length !== 1) return [node];
    const branch = node.graphs[condition[0] ? "then_branch" : "else_branch"];
    if (!branch || branch.outputs.length !== node.outputs.length)
      throw new OnnxError(
        `readOnnx: expected a branch with ${node.outputs.length} outputs at ${describeNode(node)}; the file is damaged.`,
      );
    return inPlaceOf(node, branch, `${node.name || "If"}#${i}/`, initializers);
  });
  const known = [...model.inputs.map(({ name }) => name), ...initializers.keys()];
  return { ...model, initializers, nodes: sortRaw(nodes, known) };
}

/** A branch's nodes, its own values under names of their own, its outputs under those of the If. */
function inPlaceOf(node: RawNode, branch: RawGraph, prefix: string, initializers: Map<string, OnnxTensor>): RawNode[] {
  const outside = new Set(["", ...captured(branch)]);
  const own = renamedGraph(branch, (name) => (outside.has(name) ? name : `${prefix}${name}`));
  for (const [name, tensor] of own.initializers) initializers.set(name, tensor);
  const handed = own.outputs.map(({ name }, i): RawNode => {
    const output = node.outputs[i]!;
    return { op: "Identity", domain: "", name: `${prefix}${output}`, inputs: [name], outputs: [output], attributes: {} };
  });
  return [...own.nodes, ...handed.filter(({ outputs }) => outputs[0] !== "")];
}
