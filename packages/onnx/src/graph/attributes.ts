import { OnnxError } from "../errors.js";
import { describeNode, type OnnxNode } from "./model.js";

/** Readers of a node's attributes. One of another kind than asked for is an error that names the node. */
export function intOf(node: OnnxNode, name: string, otherwise: number): number {
  const value = node.attributes[name];
  if (value === undefined) return otherwise;
  if ("int" in value) return value.int;
  throw wrongKind(node, name, "an integer");
}

export function floatOf(node: OnnxNode, name: string, otherwise: number): number {
  const value = node.attributes[name];
  if (value === undefined) return otherwise;
  if ("float" in value) return value.float;
  throw wrongKind(node, name, "a number");
}

export function stringOf(node: OnnxNode, name: string, otherwise: string): string {
  const value = node.attributes[name];
  if (value === undefined) return otherwise;
  if ("string" in value) return value.string;
  throw wrongKind(node, name, "a string");
}

export function intsOf(node: OnnxNode, name: string): readonly number[] | undefined {
  const value = node.attributes[name];
  if (value === undefined) return undefined;
  if ("ints" in value) return value.ints;
  throw wrongKind(node, name, "integers");
}

function wrongKind(node: OnnxNode, name: string, kind: string): OnnxError {
  return new OnnxError(`${describeNode(node)}: expected attribute ${name} to be ${kind}; the file is damaged.`);
}
