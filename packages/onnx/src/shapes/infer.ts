import { checkOptions, type DeclaredOptions, type GivenOptions, readOptions } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { checkDims, checkModel } from "../graph/check.js";
import type { DataType } from "../graph/data-types.js";
import { type Dim, describeNode, type OnnxModel, type OnnxNode } from "../graph/model.js";
import { affine, forAnyBatch } from "./batches.js";
import { constantOf } from "./constant.js";
import { elementwiseShapes } from "./elementwise.js";
import { ConstantFact, type Fact, LARGEST_RANK, NodeFacts, type ShapeRules, shapeText, Unknown } from "./fact.js";
import { layoutShapes } from "./layout.js";
import { lossShapes } from "./loss.js";
import { networkShapes } from "./network.js";
import { reductionShapes } from "./reduction.js";
import { scatterShapes } from "./scatter.js";

const RULES: ShapeRules = {
  ...elementwiseShapes,
  ...reductionShapes,
  ...networkShapes,
  ...layoutShapes,
  ...scatterShapes,
  ...lossShapes,
};

/**
 * What evaluating small values may cost for a whole model, in elements read and kept: networks need some thousands. Values beyond it are not
 * evaluated, so that a small file can't ask for much memory.
 */
export const VALUES_BUDGET = 2 ** 20;

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

type Shapes = Readonly<Record<string, readonly Dim[]>>;

export const INFER = {
  /** Shapes of inputs, in place of what the model says of them; "n" is the batch. */
  shapes: {
    optional: true,
    is: (value: unknown): value is Shapes => typeof value === "object" && value !== null,
    expected: "shapes by the inputs' names",
  },
} as const satisfies DeclaredOptions;

/** Options of `inferShapes`. */
export interface InferOptions extends GivenOptions<typeof INFER> {}

/**
 * Types and shapes of the values of a model, for batches of any size. Inference runs on plain numbers for two sizes of the batch: exporters
 * compute shapes with long chains of small ops, and this way they are simply evaluated. A value that is missing in the answer is not known.
 *
 * @throws OnnxError naming the node where shapes contradict each other, or the input with a free dimension other than the first
 */
export function inferShapes(model: OnnxModel, options: InferOptions = {}): Map<string, ValueFacts> {
  checkModel("inferShapes", model);
  checkShapes(model, readOptions("inferShapes", INFER, options, OnnxError).shapes);
  const constants = new Map([...model.initializers].map(([name, tensor]): [string, Fact] => [name, new ConstantFact(tensor)]));
  const [small, large] = forAnyBatch((batch) => factsFor(model, constants, batch, options));
  const result = new Map<string, ValueFacts>();
  for (const [name, a] of small) {
    const b = large.get(name);
    if (b && a.dims.length === b.dims.length) result.set(name, new FactsOfBoth(a, b));
  }
  return result;
}

function checkShapes(model: OnnxModel, shapes: Shapes = {}): void {
  const names = model.inputs.map(({ name }) => name);
  checkOptions("inferShapes, shapes", shapes, names, OnnxError);
  for (const [name, dims] of Object.entries(shapes)) checkDims(`inferShapes: shapes["${name}"]`, dims, true);
}

/** What two batches have in common. */
class FactsOfBoth implements ValueFacts {
  readonly type: DataType;
  readonly dims: readonly Dim[];
  private common: readonly number[] | null | undefined;

  constructor(
    private readonly small: Fact,
    private readonly large: Fact,
  ) {
    this.type = small.type;
    this.dims = small.dims.map((dim, axis) => affine(dim, large.dims[axis]!));
  }

  get value() {
    if (this.common === undefined) {
      const [a, b] = [this.small.value, this.large.value];
      this.common = a && b && (a === b || (a.length === b.length && a.every((x, i) => Object.is(x, b[i])))) ? a : null;
    }
    return this.common ?? undefined;
  }

  get values() {
    const [a, b] = [this.small.value, this.large.value];
    return a && b ? ([a, b] as const) : undefined;
  }
}

function factsFor(
  model: OnnxModel,
  constants: ReadonlyMap<string, Fact>,
  batch: number,
  { shapes = {} }: InferOptions,
): Map<string, Fact> {
  const facts = new Map<string, Fact>();
  for (const input of model.inputs) {
    const dims = Object.hasOwn(shapes, input.name) ? shapes[input.name] : input.dims;
    if (!dims)
      throw new OnnxError(
        `inferShapes: expected a shape for the input "${input.name}"; pass shapes: { "${input.name}": ["n", …] }.`,
      );
    facts.set(input.name, { type: input.type, dims: dims.map((dim, axis) => inputDim(input.name, dim, axis, batch)) });
  }
  for (const [name, fact] of constants) facts.set(name, fact);
  let budget = VALUES_BUDGET;
  for (const node of model.nodes) {
    const inputs = node.inputs.map((name) => facts.get(name));
    const outputs = outputsOf(node, model.opset, inputs, budget > 0);
    const isNew = outputs.some(({ value }) => value && !inputs.some((input) => input?.value === value));
    if (isNew) budget -= [...inputs, ...outputs].reduce((sum, fact) => sum + (fact?.value?.length ?? 0), 0);
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

function outputsOf(node: OnnxNode, opset: number, inputs: readonly (Fact | undefined)[], evaluates: boolean): Fact[] {
  if (node.domain !== "") return [];
  if (node.op === "Constant") return [new ConstantFact(constantOf(node))];
  const rule = Object.hasOwn(RULES, node.op) ? RULES[node.op] : undefined;
  if (!rule) return [];
  const facts = new NodeFacts(node, opset, inputs, evaluates);
  try {
    const outputs = rule(facts);
    for (const { dims } of outputs) checkSizes(facts, dims);
    return outputs;
  } catch (error) {
    if (error instanceof Unknown) return [];
    if (error instanceof OnnxError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new OnnxError(`${describeNode(node)}: expected consistent inputs and attributes, got ones that fail: ${reason}.`, {
      cause: error,
    });
  }
}

/** Whatever a damaged attribute leads to, a shape is whole numbers with a product that can be counted. */
function checkSizes(facts: NodeFacts, dims: readonly number[]): void {
  if (dims.length > LARGEST_RANK) throw facts.wrong(`tensors of rank ${LARGEST_RANK} at most, got rank ${dims.length}`);
  const whole = dims.every((dim) => Number.isSafeInteger(dim) && dim >= 0);
  if (!whole || !Number.isSafeInteger(dims.reduce((product, dim) => product * Math.max(dim, 1), 1)))
    throw facts.wrong(`sizes of a tensor, got ${shapeText(dims)}`);
}
