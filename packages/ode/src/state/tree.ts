import { isTensor } from "@latentflow/core";
import { OdeError } from "../errors.js";

/** Arrays and records of leaves, nested at will. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> };

/** The shape of a tree without its leaves: what `unflatten` needs to put them back. */
export type TreeStructure =
  | { readonly kind: "leaf" }
  | { readonly kind: "array"; readonly children: readonly TreeStructure[] }
  | { readonly kind: "record"; readonly keys: readonly string[]; readonly children: readonly TreeStructure[] };

const LEAF: TreeStructure = { kind: "leaf" };

/** Who asks for a tree, and by which name it knows it: for messages. */
export interface TreeOrigin {
  readonly caller: string;
  readonly name: string;
}

const SOMEBODY: TreeOrigin = { caller: "flatten", name: "a tree" };

/** No tree of anybody's is deeper, and a record that holds itself is. */
const DEEPEST = 500;

function checkDepth(depth: number, { caller, name }: TreeOrigin): void {
  if (depth > DEEPEST)
    throw new OdeError(
      `${caller}: expected ${name} to nest at most ${DEEPEST} deep, got more; look for a part that holds itself.`,
    );
}

/** Leaves are tensors, numbers and typed arrays: everything that is neither a plain array nor a plain record. */
export function isLeaf(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return true;
  if (Array.isArray(value)) return false;
  return isTensor(value) || ArrayBuffer.isView(value) || !isPlainRecord(value);
}

function isPlainRecord(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Leaves in a fixed order (arrays by index, records by sorted key, so that key order never matters) and the structure around them. */
export function flatten<Leaf>(tree: Tree<Leaf>, origin = SOMEBODY): { leaves: Leaf[]; structure: TreeStructure } {
  const leaves: Leaf[] = [];
  const visit = (node: Tree<Leaf>, depth: number): TreeStructure => {
    checkDepth(depth, origin);
    if (isLeaf(node)) {
      leaves.push(node as Leaf);
      return LEAF;
    }
    if (Array.isArray(node)) return { kind: "array", children: Array.from(node, (child) => visit(child, depth + 1)) };
    const record = node as { readonly [key: string]: Tree<Leaf> };
    const keys = Object.keys(record).sort();
    return { kind: "record", keys, children: keys.map((key) => visit(record[key]!, depth + 1)) };
  };
  return { structure: visit(tree, 0), leaves };
}

/** Inverse of `flatten`. */
export function unflatten<Leaf>(structure: TreeStructure, leaves: readonly Leaf[]): Tree<Leaf> {
  let next = 0;
  const build = (node: TreeStructure): Tree<Leaf> => {
    if (node.kind === "leaf") return leaves[next++] as Leaf;
    if (node.kind === "array") return node.children.map(build);
    const record: { [key: string]: Tree<Leaf> } = {};
    node.children.forEach((child, i) => {
      // defineProperty, not assignment: a key such as "__proto__" must stay an ordinary key.
      Object.defineProperty(record, node.keys[i]!, { value: build(child), enumerable: true, writable: true, configurable: true });
    });
    return record;
  };
  const tree = build(structure);
  if (next !== leaves.length) throw new OdeError(`unflatten: expected ${next} leaves for this structure, got ${leaves.length}.`);
  return tree;
}

/** Instances of classes as plain records of their own members, at any depth: states may be typed by classes, and trees are plain. */
export function asRecords(value: unknown, origin: TreeOrigin, depth = 0): unknown {
  checkDepth(depth, origin);
  if (typeof value !== "object" || value === null || isTensor(value) || ArrayBuffer.isView(value)) return value;
  const convert = (member: unknown) => asRecords(member, origin, depth + 1);
  if (Array.isArray(value)) return Array.from(value, convert);
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, convert(member)]));
}

/** Disposes every tensor of a tree. */
export function disposeTree(tree: unknown): void {
  for (const leaf of flatten(tree as Tree<unknown>).leaves) if (isTensor(leaf)) leaf.dispose();
}

/** Whether two trees nest alike. */
export function sameStructure(a: TreeStructure, b: TreeStructure): boolean {
  if (a.kind === "leaf" || b.kind === "leaf") return a.kind === b.kind;
  if (a.kind !== b.kind || a.children.length !== b.children.length) return false;
  if (a.kind === "record" && b.kind === "record" && !a.keys.every((key, i) => key === b.keys[i])) return false;
  return a.children.every((child, i) => sameStructure(child, b.children[i]!));
}

/** A structure as a short text: `*` for a leaf, `[…]` for an array, `{key: …}` for a record. */
export function describeStructure(structure: TreeStructure): string {
  if (structure.kind === "leaf") return "*";
  const inner = structure.children.map(describeStructure);
  if (structure.kind === "array") return `[${inner.join(", ")}]`;
  return `{${structure.keys.map((key, i) => `${key}: ${inner[i]}`).join(", ")}}`;
}
