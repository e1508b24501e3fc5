import { sortNodes } from "../graph/sort.js";
import { type RawNode, readsOf } from "./raw-graph.js";

/** The nodes in an order in which each comes after what it, and the graphs that it holds, read. */
export function sortRaw(nodes: readonly RawNode[], known: Iterable<string>): RawNode[] {
  if (!nodes.some(({ graphs }) => graphs)) return sortNodes(nodes, known);
  const original = new Map<RawNode, RawNode>();
  const whole = nodes.map((node) => {
    const reading = { ...node, inputs: readsOf(node) };
    original.set(reading, node);
    return reading;
  });
  return (sortNodes(whole, known) as RawNode[]).map((node) => original.get(node)!);
}
