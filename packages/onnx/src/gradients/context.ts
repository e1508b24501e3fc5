import { OnnxError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import { codeOfType, type DataType, isFloat } from "../graph/data-types.js";
import { type Dim, describeNode, numbersOf, type OnnxNode, type OnnxTensor, sizeOf, tensorOf } from "../graph/model.js";
import type { ValueFacts } from "../shapes/infer.js";
import { type Casts, type RealType, realType } from "./casts.js";

/** The cotangent of one input, added to the graph when called; it is only called for inputs that lead to what is differentiated for. */
export type Cotangent = () => string;

/**
 * The vector-Jacobian product of an op: from the cotangents of its outputs (undefined where nothing depends on an output), the cotangents of
 * its inputs, in order. An input without an entry can't be differentiated for; one with null has no influence on the values.
 */
export type GradientRule = (
  context: GradientContext,
  dy: string,
  all: readonly (string | undefined)[],
) => readonly (Cotangent | null | undefined)[];

export type GradientRules = Readonly<Record<string, GradientRule>>;

/** Constants that a rule makes, such as the matrix of a Resize, are refused beyond this many elements: only damaged sizes lead there. */
const LARGEST_CONSTANT = 2 ** 25;

/** What is the same for all nodes of a model that is differentiated. */
export interface Differentiation {
  readonly graph: GraphBuilder;
  /** Version of the operator set, at least 18. */
  readonly opset: number;
  readonly facts: ReadonlyMap<string, ValueFacts>;
  readonly constants: ReadonlyMap<string, OnnxTensor>;
  /** Real-valued values that depend on what is differentiated for. */
  readonly active: ReadonlySet<string>;
  readonly casts: Casts;
}

/** What a rule sees: its node, what is known of the node's values, and the graph that it adds to. */
export class GradientContext {
  readonly graph: GraphBuilder;
  readonly opset: number;
  /** The type of everything real in a rule: cotangents, the node's inputs and outputs, `float`. */
  readonly type: RealType;

  constructor(
    private readonly all: Differentiation,
    readonly node: OnnxNode,
  ) {
    this.graph = all.graph;
    this.opset = all.opset;
    this.type = realType(all.facts.get(node.outputs[0] ?? "")?.type);
  }

  /** Name of input i; "" when it is left out. */
  input(i: number): string {
    return this.asReal(this.node.inputs[i] ?? "");
  }

  output(i = 0): string {
    return this.asReal(this.node.outputs[i] ?? "");
  }

  /** All inputs, as `input` names them. */
  get inputs(): string[] {
    return this.node.inputs.map((_, i) => this.input(i));
  }

  /** The type of input i as the model has it. */
  elementType(i: number): DataType | undefined {
    return this.all.facts.get(this.node.inputs[i] ?? "")?.type;
  }

  /** A scalar constant. */
  float(value: number): string {
    return this.graph.constant(tensorOf(this.type, [], [value]), "scalar");
  }

  /** A constant of real numbers. Its size is checked before `values` makes them. */
  reals(dims: readonly number[], values: () => ArrayLike<number>, name: string): string {
    this.checkSize(dims);
    return this.graph.constant(tensorOf(this.type, dims, values()), name);
  }

  /** A value of any type as real numbers. */
  real(value: string): string {
    return this.graph.op("Cast", [value], { to: { int: codeOfType(this.type) } });
  }

  /** @throws OnnxError for a constant of a size that no sensible node has */
  checkSize(dims: readonly number[]): void {
    if (sizeOf(dims) <= LARGEST_CONSTANT) return;
    throw this.error(`sizes of a network's, got ones that need a constant [${dims.join(", ")}]`);
  }

  /** Whether input i depends on what is differentiated for. */
  isActive(i: number): boolean {
    return this.all.active.has(this.node.inputs[i] ?? "");
  }

  /** Shape of a value; a dimension that depends on the batch is a text. */
  dims(value: string): readonly Dim[] {
    const facts = this.all.facts.get(this.all.casts.source(value));
    if (facts) return facts.dims;
    throw this.error(
      `a known shape of "${value}"; an op before it is not understood by shape inference, or its sizes depend on data`,
    );
  }

  rank(value: string): number {
    return this.dims(value).length;
  }

  /** A dimension that must be the same for every batch. */
  size(value: string, axis: number): number {
    const dim = this.dims(value)[axis];
    if (typeof dim === "number") return dim;
    throw this.error(`a fixed size of axis ${axis} of "${value}", got ${dim}; only the batch may vary`);
  }

  /** The spatial sizes of a value [n, c, …]. */
  spatial(value: string): number[] {
    return this.dims(value)
      .slice(2)
      .map((_, i) => this.size(value, i + 2));
  }

  /** Elements of input i, when they are small and constant. */
  constantInput(i: number): readonly number[] | undefined {
    return this.all.facts.get(this.node.inputs[i] ?? "")?.value;
  }

  /** Like `constantInput`, for inputs that a rule can't do without. */
  requiredInput(i: number, what: string): readonly number[] {
    const value = this.constantInput(i);
    if (value) return value;
    throw this.error(`constant ${what}, got "${this.node.inputs[i] ?? ""}", which is computed from data`);
  }

  /** The weights behind a value, when it is a constant of the model; half-precision ones widened. */
  weights(value: string): OnnxTensor | undefined {
    const tensor = this.all.constants.get(this.all.casts.source(value));
    return tensor && isFloat(tensor.type) && tensor.type !== this.type
      ? tensorOf(this.type, tensor.dims, numbersOf(tensor))
      : tensor;
  }

  /** An axis in 0…rank − 1; negative ones count from the end. */
  positiveAxis(axis: number, value: string, rank = this.rank(value)): number {
    const positive = axis < 0 ? axis + rank : axis;
    if (positive >= 0 && positive < rank) return positive;
    throw this.error(`an axis of a tensor of rank ${rank}, got ${axis}`);
  }

  /** `x` in the shape of another value. */
  reshapeLike(x: string, like: string): string {
    const dims = this.dims(like);
    const shape = this.shapeFor(dims, () => this.graph.op("Shape", [like]));
    return this.graph.op("Reshape", [x, shape], dims.includes(0) ? { allowzero: { int: 1 } } : {});
  }

  /** `x` in a shape of which at most one dimension depends on the batch. */
  reshape(x: string, dims: readonly Dim[]): string {
    return this.graph.op("Reshape", [x, this.shapeFor(dims)]);
  }

  /** `x` broadcast to the shape of another value. */
  expandLike(x: string, like: string): string {
    const dims = this.dims(like);
    const shape = dims.every((dim) => typeof dim === "number") ? this.graph.ints(dims) : this.graph.op("Shape", [like]);
    return this.graph.op("Expand", [x, shape]);
  }

  /** The cotangent of input i of an op with broadcasting: `dy`, shaped like `from` (default the output), summed over the axes that were repeated. */
  unbroadcast(dy: string, i: number, from: string = this.output()): string {
    const [to, dims] = [this.dims(this.input(i)), this.dims(from)];
    const lead = dims.length - to.length;
    const repeated = dims.flatMap((dim, axis) => (axis >= lead && to[axis - lead] === 1 && dim !== 1 ? [axis] : []));
    const summed = this.graph.reduceSum(dy, repeated, true);
    const leading = Array.from({ length: lead }, (_, axis) => axis);
    return this.graph.reduceSum(summed, leading, false);
  }

  /** Zeros in the shape of a value. */
  zerosLike(value: string): string {
    return this.expandLike(this.float(0), value);
  }

  /**
   * Along one axis, matrix · x: the axis of size k becomes one of size m.
   *
   * @param dims shape of x
   * @param matrix a value [m, k]
   * @param rows m
   */
  multiplyAxis(x: string, dims: readonly Dim[], axis: number, matrix: string, rows: Dim): string {
    if (axis === dims.length - 1) return this.graph.op("MatMul", [x, this.graph.transpose(matrix, [1, 0])]);
    const before = dims.slice(0, axis);
    const after = dims.slice(axis + 1);
    const folded = this.reshape(x, [this.product(before), dims[axis]!, this.product(after)]);
    const product = this.graph.op("MatMul", [matrix, folded]);
    return this.reshape(product, [...before, rows, ...after]);
  }

  /** Product of dimensions: a number, or a text when one depends on the batch. */
  private product(dims: readonly Dim[]): Dim {
    return dims.every((dim) => typeof dim === "number") ? dims.reduce((product, dim) => product * dim, 1) : dims.join("·");
  }

  error(expected: string, cause?: unknown): OnnxError {
    return new OnnxError(`differentiate: ${describeNode(this.node)}: expected ${expected}.`, { cause });
  }

  /** A value of the node's in the type of the rule. */
  private asReal(value: string): string {
    const type = this.all.facts.get(value)?.type;
    return type !== undefined && isFloat(type) ? this.all.casts.cast(value, type, this.type) : value;
  }

  private shapeFor(dims: readonly Dim[], otherwise?: () => string): string {
    const free = dims.filter((dim) => typeof dim !== "number").length;
    if (free <= 1 && !dims.includes(0)) return this.graph.ints(dims.map((dim) => (typeof dim === "number" ? dim : -1)));
    if (otherwise) return otherwise();
    throw this.error(`one dimension at most that depends on the batch, got [${dims.join(", ")}]`);
  }
}
