import { OnnxError } from "../errors.js";
import { describeNode, type OnnxNode } from "./model.js";

/**
 * The nodes in an order in which each comes after what it reads.
 *
 * @param known names of inputs and constants
 * @throws OnnxError for a cycle, a value that nothing makes, or one that is made twice
 */
export function sortNodes(nodes: readonly OnnxNode[], known: Iterable<string>): OnnxNode[] {
  if (isSorted(nodes, known)) return [...nodes];
  const available = new Set<string>(known);
  available.add("");
  const waiting = new Map<string, number[]>();
  const missing = nodes.map(() => 0);
  const made = new Set<string>();
  for (const node of nodes) {
    for (const name of node.outputs) {
      if (name === "") continue;
      if (made.has(name) || available.has(name))
        throw new OnnxError(`readOnnx: expected every value once, but ${describeNode(node)} makes "${name}" again.`);
      made.add(name);
    }
  }
  nodes.forEach((node, i) => {
    for (const name of new Set(node.inputs)) {
      if (available.has(name)) continue;
      if (!made.has(name)) throw new OnnxError(`readOnnx: ${describeNode(node)} reads "${name}", which nothing makes.`);
      missing[i]!++;
      const readers = waiting.get(name);
      if (readers) readers.push(i);
      else waiting.set(name, [i]);
    }
  });
  const ready = nodes.flatMap((_, i) => (missing[i] === 0 ? [i] : []));
  const sorted: OnnxNode[] = [];
  for (let k = 0; k < ready.length; k++) {
    const node = nodes[ready[k]!]!;
    sorted.push(node);
    for (const name of node.outputs) for (const i of waiting.get(name) ?? []) if (--missing[i]! === 0) ready.push(i);
  }
  if (sorted.length < nodes.length) {
    const stuck = nodes[missing.findIndex((count) => count > 0)]!;
    throw new OnnxError(`readOnnx: expected a graph without cycles, but ${describeNode(stuck)} depends on itself.`);
  }
  return sorted;
}

function isSorted(nodes: readonly OnnxNode[], known: Iterable<string>): boolean {
  const available = new Set<string>(known);
  available.add("");
  for (const node of nodes) {
    if (!node.inputs.every((name) => available.has(name))) return false;
    for (const name of node.outputs) {
      if (name !== "" && available.has(name)) return false;
      if (name !== "") available.add(name);
    }
  }
  return true;
}
