import { describeValue } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { intOf } from "../graph/attributes.js";
import { checkModel } from "../graph/check.js";
import { type Dim, describeNode, integers, type OnnxModel, type OnnxNode } from "../graph/model.js";
import { prune } from "../graph/prune.js";
import { Replacement } from "../graph/replacement.js";
import { inferShapes, type ValueFacts } from "../shapes/infer.js";

/** A generator in two parts. */
export interface SplitGenerator {
  /** z → w, [n, d] or [n, rows, d]. */
  readonly mapping: OnnxModel;
  /** w → images. */
  readonly synthesis: OnnxModel;
  /** The value at which it was cut. */
  readonly latent: string;
}

/**
 * Cuts a generator that maps z to w inside at w, so that edits can start there.
 *
 * @param at the name of w in the graph. Default: the last value [n, d] that everything goes through, behind two linear layers or more with what is
 * nonlinear between them, and that several ops read, as the layers of a style-based generator do
 * @returns null where `at` is left out and there is no such value
 * @throws OnnxError where `at` is no such value, or the images also depend on z in another way
 */
export function splitMapping(generator: OnnxModel, at?: string): SplitGenerator | null {
  checkModel("splitMapping", generator);
  const facts = inferShapes(generator);
  const [input, ...more] = generator.inputs;
  if (!input || more.length > 0)
    throw new OnnxError(`splitMapping: expected a generator with one input, got ${generator.inputs.length}.`);
  const latent = at ?? foundLatent(generator, input.name, facts);
  if (latent === null) return null;
  const dims = facts.get(latent)?.dims;
  if (typeof latent !== "string" || dims === undefined || !isCode(dims)) {
    const got = dims ? `${latent} [${dims.join(", ")}]` : describeValue(latent);
    throw new OnnxError(`splitMapping: expected the name of a value [n, d] or [n, rows, d] of the graph, got ${got}.`);
  }
  const { type } = facts.get(latent)!;
  const mapping = prune({ ...generator, name: "mapping", outputs: [{ name: latent, type, dims }] });
  const apart = generator.nodes.filter(({ outputs }) => !outputs.includes(latent));
  const rest = prune(
    withBatchOf(latent, { ...generator, inputs: [], nodes: apart }, dependents(mapping.nodes, input.name), facts),
  );
  const other = rest.nodes.find(({ inputs }) => inputs.includes(input.name));
  if (other)
    throw new OnnxError(
      `splitMapping: expected the images to depend on "${input.name}" through "${latent}" only, got ${describeNode(other)}, which reads it, too.`,
    );
  return { mapping, synthesis: { ...rest, inputs: [{ name: latent, type, dims }] }, latent };
}

/** Shapes of what the mapping computes, which exporters ask for the batch's sake, from the shape of w. */
function withBatchOf(
  latent: string,
  model: OnnxModel,
  mapped: ReadonlySet<string>,
  facts: ReadonlyMap<string, ValueFacts>,
): OnnxModel {
  const initializers = new Map(model.initializers);
  const nodes = model.nodes.flatMap((node) => {
    const [name = ""] = node.inputs;
    const [rows, ...rest] = facts.get(name)?.dims ?? [];
    const isFree = rows === "n" && rest.every((dim) => typeof dim === "number");
    if (node.op !== "Shape" || name === latent || !mapped.has(name) || !isFree) return [node];
    const by = new Replacement(node.outputs[0]!, initializers);
    const ints = (text: string, values: readonly number[]) => by.constant(text, integers(values));
    const batch = by.op("Slice", [by.op("Shape", [latent]), ints("from", [0]), ints("to", [1])]);
    const whole = by.op("Concat", [batch, ints("rest", rest as number[])], { axis: { int: 0 } });
    const end = intOf(node, "end", rest.length + 1);
    by.result("Slice", [whole, ints("start", [intOf(node, "start", 0)]), ints("end", [end])]);
    return by.nodes;
  });
  return { ...model, nodes, initializers };
}

const isCode = (dims: readonly Dim[]) =>
  (dims.length === 2 || dims.length === 3) && dims.slice(1).every((dim) => typeof dim === "number") && dims[0] !== 1;

/** Ops that join numbers of a row, as a linear layer does. */
const LINEAR = new Set(["Gemm", "MatMul"]);
/** Ops that are not linear, by which one tells a mapping from a projection. */
const NONLINEAR = new Set("Relu LeakyRelu PRelu Elu Selu Gelu Tanh Sigmoid Softplus Mish Swish HardSwish".split(" "));

function foundLatent(generator: OnnxModel, input: string, facts: ReadonlyMap<string, ValueFacts>): string | null {
  let found: string | null = null;
  for (const name of onEveryWay(generator, input)) {
    const dims = facts.get(name)?.dims;
    if (dims === undefined || dims.length !== 2 || !isCode(dims) || !isRead(generator.nodes, name)) continue;
    const before = prune({ ...generator, outputs: [{ name, type: "float32" }] }).nodes;
    const depends = dependents(before, input);
    const layers = before.filter((node) => LINEAR.has(node.op) && node.inputs.some((value) => depends.has(value)));
    const isNonlinear = before.some((node) => NONLINEAR.has(node.op) || node.op === "Where" || node.op === "Max");
    if (layers.length >= 2 && isNonlinear) found = name;
  }
  return found;
}

/** Ops that repeat a code for each layer. */
const REPEATING = new Set("Unsqueeze Expand Tile Reshape Identity Cast".split(" "));

/** Whether a value is read in several places, as it is or repeated. */
function isRead(nodes: readonly OnnxNode[], name: string): boolean {
  const readers = nodes.filter(({ op, inputs }) => op !== "Shape" && inputs.includes(name));
  if (readers.length !== 1) return readers.length > 1;
  const [{ op, outputs }] = readers as [OnnxNode];
  return (op === "Split" && outputs.length > 1) || (REPEATING.has(op) && isRead(nodes, outputs[0]!));
}

/** Names of values that depend on `input`, itself included. */
function dependents(nodes: readonly OnnxNode[], input: string): Set<string> {
  const names = new Set([input]);
  for (const { op, inputs, outputs } of nodes)
    if (op !== "Shape" && inputs.some((name) => names.has(name))) for (const name of outputs) if (name !== "") names.add(name);
  return names;
}

/**
 * Values through which every way from the input to what comes later goes, in order: where, after the node that makes one, no other value made before
 * is still to be read.
 */
function onEveryWay({ nodes, outputs }: OnnxModel, input: string): string[] {
  const depends = dependents(nodes, input);
  const reads = ({ op, inputs }: OnnxNode) => (op === "Shape" ? [] : inputs.filter((name) => depends.has(name)));
  const last = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const name of reads(node)) last.set(name, i);
  });
  for (const { name } of outputs) last.set(name, Number.POSITIVE_INFINITY);
  const open = new Set<string>([input]);
  const found: string[] = [];
  nodes.forEach((node, i) => {
    for (const name of node.outputs) if (depends.has(name) && last.has(name)) open.add(name);
    for (const name of reads(node)) if (last.get(name) === i) open.delete(name);
    if (open.size === 1) found.push(...open);
  });
  return [...new Set(found)];
}
