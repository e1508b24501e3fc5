import type { Attributes, OnnxModel, OnnxNode, OnnxTensor } from "./model.js";
import { prune } from "./prune.js";

/** Nodes that take the place of one node: the last of them makes its output. */
export class Replacement {
  readonly nodes: OnnxNode[] = [];

  constructor(
    private readonly base: string,
    private readonly initializers: Map<string, OnnxTensor>,
  ) {}

  /** Adds a node; returns its output. */
  op(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.named(`${this.base}/${op}_${this.nodes.length}`, op, inputs, attributes);
  }

  /** Adds the node that makes the replaced node's output. */
  result(op: string, inputs: readonly string[], attributes: Attributes = {}): void {
    this.named(this.base, op, inputs, attributes);
  }

  /** A constant of this replacement. */
  constant(name: string, tensor: OnnxTensor): string {
    return this.shared(`${this.base}/${name}`, () => tensor);
  }

  /** A constant that all replacements of a kind share by its name. */
  shared(name: string, make: () => OnnxTensor): string {
    if (!this.initializers.has(name)) this.initializers.set(name, make());
    return name;
  }

  private named(output: string, op: string, inputs: readonly string[], attributes: Attributes): string {
    this.nodes.push({ op, domain: "", name: output, inputs, outputs: [output], attributes });
    return output;
  }
}

/** The model with the nodes that `rewrite` fills a replacement for (and returns true) replaced. */
export function replaceNodes(model: OnnxModel, rewrite: (node: OnnxNode, by: Replacement) => boolean): OnnxModel {
  const initializers = new Map<string, OnnxTensor>(model.initializers);
  const nodes = model.nodes.flatMap((node) => {
    const replacement = new Replacement(node.outputs[0] ?? "", initializers);
    return rewrite(node, replacement) ? replacement.nodes : [node];
  });
  return prune({ ...model, nodes, initializers });
}
