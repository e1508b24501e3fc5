import type { OnnxNode, OnnxTensor, ValueInfo } from "../graph/model.js";

/** A node as it stands in a file. */
export interface RawNode extends OnnxNode {
  /** Which of several functions of one name it calls. */
  readonly overload?: string;
  /** Of control flow: its graphs by attribute. They also read values of the graph around them. */
  readonly graphs?: Readonly<Record<string, RawGraph>>;
  /** Within a function: attributes that take their value from the call, by their own name. */
  readonly references?: Readonly<Record<string, string>>;
}

/** A graph as it stands in a file: calls of functions and control flow included. */
export interface RawGraph {
  readonly name: string;
  readonly nodes: readonly RawNode[];
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<string, OnnxTensor>;
}

/** A node with all its values renamed, those of its graphs, too. */
export function renamedNode(node: RawNode, rename: (name: string) => string): RawNode {
  const { graphs } = node;
  return {
    ...node,
    name: node.name === "" ? "" : rename(node.name),
    inputs: node.inputs.map(rename),
    outputs: node.outputs.map(rename),
    ...(graphs && {
      graphs: Object.fromEntries(Object.entries(graphs).map(([key, graph]) => [key, renamedGraph(graph, rename)])),
    }),
  };
}

export function renamedGraph(graph: RawGraph, rename: (name: string) => string): RawGraph {
  return {
    ...graph,
    nodes: graph.nodes.map((node) => renamedNode(node, rename)),
    inputs: graph.inputs.map((value) => ({ ...value, name: rename(value.name) })),
    outputs: graph.outputs.map((value) => ({ ...value, name: rename(value.name) })),
    initializers: new Map([...graph.initializers].map(([name, tensor]) => [rename(name), tensor])),
  };
}

/** Values of the graph around it that a graph reads. */
export function captured({ nodes, inputs, outputs, initializers }: RawGraph): string[] {
  const own = new Set(["", ...inputs.map(({ name }) => name), ...initializers.keys(), ...nodes.flatMap((node) => node.outputs)]);
  const read = [...nodes.flatMap(readsOf), ...outputs.map(({ name }) => name)];
  return [...new Set(read)].filter((name) => !own.has(name));
}

/** All values that a node reads, those that its graphs take from around them included. */
export function readsOf(node: RawNode): readonly string[] {
  return node.graphs ? [...node.inputs, ...Object.values(node.graphs).flatMap(captured)] : node.inputs;
}
