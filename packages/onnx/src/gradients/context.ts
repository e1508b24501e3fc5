import { OnnxError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import { type Dim, describeNode, type OnnxNode, type OnnxTensor } from "../graph/model.js";
import type { ValueFacts } from "../shapes/infer.js";

/** The cotangent of one input, added to the graph when called; it is only called for inputs that lead to what is differentiated for. */
export type Cotangent = () => string;

/**
 * The vector-Jacobian product of an op: from the cotangents of its outputs (undefined where nothing depends on an output), the cotangents of
 * its inputs, in order. An input without an entry can't be differentiated for.
 */
export type GradientRule = (
  context: GradientContext,
  dy: string,
  all: readonly (string | undefined)[],
) => readonly (Cotangent | undefined)[];

export type GradientRules = Readonly<Record<string, GradientRule>>;

/** What a rule sees: its node, what is known of the node's values, and the graph that it adds to. */
export class GradientContext {
  constructor(
    readonly graph: GraphBuilder,
    readonly node: OnnxNode,
    /** Version of the operator set, at least 18. */
    readonly opset: number,
    private readonly facts: ReadonlyMap<string, ValueFacts>,
    private readonly constants: ReadonlyMap<string, OnnxTensor>,
    private readonly active: ReadonlySet<string>,
  ) {}

  /** Name of input i; "" when it is left out. */
  input(i: number): string {
    return this.node.inputs[i] ?? "";
  }

  output(i = 0): string {
    return this.node.outputs[i] ?? "";
  }

  /** Whether input i depends on what is differentiated for. */
  isActive(i: number): boolean {
    return this.active.has(this.input(i));
  }

  /** Shape of a value; a dimension that depends on the batch is a text. */
  dims(value: string): readonly Dim[] {
    const facts = this.facts.get(value);
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
    return this.facts.get(this.input(i))?.value;
  }

  /** Like `constantInput`, for inputs that a rule can't do without. */
  requiredInput(i: number, what: string): readonly number[] {
    const value = this.constantInput(i);
    if (value) return value;
    throw this.error(`constant ${what}, got "${this.input(i)}", which is computed from data`);
  }

  /** The weights behind a value, when it is a constant of the model. */
  weights(value: string): OnnxTensor | undefined {
    return this.constants.get(value);
  }

  positiveAxis(axis: number, value: string): number {
    return axis < 0 ? axis + this.rank(value) : axis;
  }

  /** `x` in the shape of another value. */
  reshapeLike(x: string, like: string): string {
    const dims = this.dims(like);
    return this.graph.op("Reshape", [x, this.shapeFor(dims, () => this.graph.op("Shape", [like]))]);
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
    return this.expandLike(this.graph.float(0), value);
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

  error(expected: string): OnnxError {
    return new OnnxError(`differentiate: ${describeNode(this.node)}: expected ${expected}.`);
  }

  private shapeFor(dims: readonly Dim[], otherwise?: () => string): string {
    const free = dims.filter((dim) => typeof dim !== "number").length;
    if (free <= 1 && !dims.includes(0)) return this.graph.ints(dims.map((dim) => (typeof dim === "number" ? dim : -1)));
    if (otherwise) return otherwise();
    throw this.error(`one dimension at most that depends on the batch, got [${dims.join(", ")}]`);
  }
}
