import { describeValue, isTensor } from "@latentflow/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";

/** Arrays and records of leaves, nested at will. */
export type Tree<Leaf> = Leaf | readonly Tree<Leaf>[] | { readonly [key: string]: Tree<Leaf> };

/** The same nesting with every leaf replaced. */
export type MapTree<T, To> = T extends Tensor
  ? To
  : T extends number | ArrayBufferView
    ? To
    : T extends readonly unknown[]
      ? { -readonly [K in keyof T]: MapTree<T[K], To> }
      : T extends object
        ? { -readonly [K in keyof T]: MapTree<T[K], To> }
        : To;

/** The shape of a tree without its leaves: what `unflatten` needs to put them back. */
export type TreeStructure =
  | { readonly kind: "leaf" }
  | { readonly kind: "array"; readonly children: readonly TreeStructure[] }
  | { readonly kind: "record"; readonly keys: readonly string[]; readonly children: readonly TreeStructure[] };

const LEAF: TreeStructure = { kind: "leaf" };

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
export function flatten<Leaf>(tree: Tree<Leaf>): { leaves: Leaf[]; structure: TreeStructure } {
  const leaves: Leaf[] = [];
  const visit = (node: Tree<Leaf>): TreeStructure => {
    if (isLeaf(node)) {
      leaves.push(node as Leaf);
      return LEAF;
    }
    if (Array.isArray(node)) return { kind: "array", children: node.map(visit) };
    const record = node as { readonly [key: string]: Tree<Leaf> };
    const keys = Object.keys(record).sort();
    return { kind: "record", keys, children: keys.map((key) => visit(record[key]!)) };
  };
  return { structure: visit(tree), leaves };
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

/** Applies `f` to every leaf. */
export function mapTree<T, To>(tree: T, f: (leaf: never, index: number) => To): MapTree<T, To> {
  const { leaves, structure } = flatten(tree as Tree<never>);
  return unflatten(structure, leaves.map(f)) as MapTree<T, To>;
}

/** Throws unless two trees nest alike; `what` names them in the message. */
export function checkSameStructure(caller: string, what: string, expected: TreeStructure, got: TreeStructure): void {
  const a = describeStructure(expected);
  const b = describeStructure(got);
  if (a !== b) throw new OdeError(`${caller}: expected ${what} to nest as ${a}, got ${b}.`);
}

/** A structure as a short text: `*` for a leaf, `[…]` for an array, `{key: …}` for a record. */
export function describeStructure(structure: TreeStructure): string {
  if (structure.kind === "leaf") return "*";
  const inner = structure.children.map(describeStructure);
  if (structure.kind === "array") return `[${inner.join(", ")}]`;
  return `{${structure.keys.map((key, i) => `${key}: ${inner[i]}`).join(", ")}}`;
}

/** All tensors of a tree; throws on a leaf that is no tensor. */
export function tensorsOf(caller: string, tree: unknown): Tensor[] {
  return flatten(tree as Tree<unknown>).leaves.map((leaf) => {
    if (isTensor(leaf)) return leaf;
    throw new OdeError(`${caller}: expected a tensor or arrays and records of tensors, got ${describeValue(leaf)} inside.`);
  });
}

/** Disposes every tensor of a tree. */
export function disposeTree(tree: unknown): void {
  for (const leaf of flatten(tree as Tree<unknown>).leaves) if (isTensor(leaf)) leaf.dispose();
}
