import { OnnxError } from "../errors.js";
import type { DataType } from "../graph/data-types.js";
import { type Dim, describeNode, numbersOf, type OnnxModel, type OnnxNode, type OnnxTensor, sizeOf } from "../graph/model.js";
import { constantOf } from "./constant.js";
import { elementwiseShapes } from "./elementwise.js";
import { type Fact, LARGEST_VALUE, NodeFacts, type ShapeRules, Unknown } from "./fact.js";
import { layoutShapes } from "./layout.js";
import { networkShapes } from "./network.js";
import { reductionShapes } from "./reduction.js";

const RULES: ShapeRules = { ...elementwiseShapes, ...reductionShapes, ...networkShapes, ...layoutShapes };

/**
 * Two sizes of the batch. What is the same for both does not depend on it; primes, so that a multiple of the batch is told from a coincidence.
 */
const BATCHES = [10007, 10009] as const;

/** What is known of a value for batches of any size. */
export interface ValueFacts {
  readonly type: DataType;
  /** A dimension that depends on the batch n is "n", "4n", or another text that is the same only for equal dimensions. */
  readonly dims: readonly Dim[];
  /** The elements, when they are the same for every batch, follow from constants, and are few. */
  readonly value?: readonly number[] | undefined;
  /** The elements for the two batches that were tried. */
  readonly values?: readonly [readonly number[], readonly number[]] | undefined;
}

/** Options of `inferShapes`. */
export interface InferOptions {
  /** Shapes of inputs, in place of what the model says of them; "n" is the batch. */
  readonly shapes?: Readonly<Record<string, readonly Dim[]>> | undefined;
}

/**
 * Types and shapes of the values of a model, for batches of any size. Inference runs on plain numbers for two sizes of the batch: exporters
 * compute shapes with long chains of small ops, and this way they are simply evaluated. A value that is missing in the answer is not known.
 *
 * @throws OnnxError naming the node where shapes contradict each other, or the input with a free dimension other than the first
 */
export function inferShapes(model: OnnxModel, options: InferOptions = {}): Map<string, ValueFacts> {
  const [small, large] = BATCHES.map((batch) => factsFor(model, batch, options)) as [Map<string, Fact>, Map<string, Fact>];
  const result = new Map<string, ValueFacts>();
  for (const [name, a] of small) {
    const b = large.get(name);
    if (!b || a.dims.length !== b.dims.length) continue;
    const dims = a.dims.map((dim, axis) => nameOf(dim, b.dims[axis]!));
    const equal =
      a.value !== undefined &&
      b.value !== undefined &&
      a.value.length === b.value.length &&
      a.value.every((x, i) => Object.is(x, b.value![i]));
    const values = a.value && b.value ? ([a.value, b.value] as const) : undefined;
    result.set(name, { type: a.type, dims, value: equal ? a.value : undefined, values });
  }
  return result;
}

function nameOf(a: number, b: number): Dim {
  if (a === b) return a;
  const factor = a / BATCHES[0];
  if (Number.isInteger(factor) && factor * BATCHES[1] === b) return factor === 1 ? "n" : `${factor}n`;
  return `${a}|${b}`;
}

function factsFor(model: OnnxModel, batch: number, { shapes = {} }: InferOptions): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  for (const input of model.inputs) {
    const dims = shapes[input.name] ?? input.dims;
    if (!dims)
      throw new OnnxError(
        `inferShapes: expected a shape for the input "${input.name}"; pass shapes: { "${input.name}": ["n", …] }.`,
      );
    facts.set(input.name, { type: input.type, dims: dims.map((dim, axis) => inputDim(input.name, dim, axis, batch)) });
  }
  for (const [name, tensor] of model.initializers) facts.set(name, factOf(tensor));
  for (const node of model.nodes) {
    const outputs = outputsOf(node, model.opset, facts);
    node.outputs.forEach((name, i) => {
      const fact = outputs[i];
      if (name !== "" && fact) facts.set(name, fact);
    });
  }
  return facts;
}

function inputDim(input: string, dim: Dim, axis: number, batch: number): number {
  if (typeof dim === "number") return dim;
  if (axis === 0) return batch;
  throw new OnnxError(
    `inferShapes: expected input "${input}" to have a free dimension only first (the batch), got "${dim}" at ${axis}; pass shapes: { "${input}": ["n", …] }.`,
  );
}

function factOf(tensor: OnnxTensor): Fact {
  const value = sizeOf(tensor.dims) <= LARGEST_VALUE ? numbersOf(tensor) : undefined;
  return { type: tensor.type, dims: tensor.dims, value };
}

function outputsOf(node: OnnxNode, opset: number, facts: ReadonlyMap<string, Fact>): Fact[] {
  if (node.domain !== "") return [];
  if (node.op === "Constant") return [factOf(constantOf(node))];
  const rule = Object.hasOwn(RULES, node.op) ? RULES[node.op] : undefined;
  if (!rule) return [];
  try {
    return rule(
      new NodeFacts(
        node,
        opset,
        node.inputs.map((name) => facts.get(name)),
      ),
    );
  } catch (error) {
    if (error instanceof Unknown) return [];
    if (error instanceof OnnxError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OnnxError(`${describeNode(node)}: expected consistent inputs and attributes, got ones that fail: ${reason}.`, {
      cause: error,
    });
  }
}
