import {
  checkNumber,
  checkOptions,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isList,
  readOptions,
} from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { checkAttributes, checkDims, checkModel, checkOpset, checkTensor, checkText, checkType, isText } from "./check.js";
import type { DataType } from "./data-types.js";
import {
  type Attributes,
  type Dim,
  floats,
  integers,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type ValueInfo,
} from "./model.js";
import { prune } from "./prune.js";

const BUILDER = {
  /** Default 18. */
  opset: { default: 18, check: (caller: string, opset: number) => checkOpset(caller, opset) },
  /** Default "latentflow". */
  name: { default: "latentflow", is: isText, expected: "a text" },
} as const satisfies DeclaredOptions;

/** What `new GraphBuilder` takes. */
export interface GraphBuilderOptions extends GivenOptions<typeof BUILDER> {}

const KEPT = {
  /** Default: the model's. */
  inputs: { optional: true, is: isList<ValueInfo>, expected: "a list of inputs" },
  /** Default: the model's. */
  outputs: { optional: true, is: isList<ValueInfo>, expected: "a list of outputs" },
} as const satisfies DeclaredOptions;

/**
 * Writes a graph op by op. Values are their names: every method returns the name of what it adds.
 *
 *     const graph = new GraphBuilder();
 *     const x = graph.input("x", ["n", 3]);
 *     graph.output("y", graph.op("Tanh", [x]), ["n", 3]);
 *     const model = graph.build();
 */
export class GraphBuilder {
  readonly opset: number;
  private readonly name: string;
  private readonly inputs: ValueInfo[] = [];
  private readonly outputs: ValueInfo[] = [];
  private readonly nodes: OnnxNode[] = [];
  private readonly initializers = new Map<string, OnnxTensor>();
  private readonly taken = new Set<string>();
  /** Names of the values that there are; "" stands for an input that is left out. */
  private readonly values = new Set<string>([""]);
  private readonly counts = new Map<string, number>();
  private domains: Readonly<Record<string, number>> = {};
  /** Small constants that were asked for before, by content. */
  private readonly pool = new Map<string, string>();

  /** @throws OnnxError for an operator set outside 13 to 25 */
  constructor(options: GraphBuilderOptions = {}) {
    const { opset, name } = readOptions("GraphBuilder", BUILDER, options, OnnxError);
    this.opset = opset;
    this.name = name;
  }

  /** A builder that goes on where a model ends; `build` then also has the model's inputs and outputs, unless they are left out here. */
  static from(model: OnnxModel, keep: GivenOptions<typeof KEPT> = {}): GraphBuilder {
    checkModel("GraphBuilder.from", model);
    const { inputs = model.inputs, outputs = model.outputs } = readOptions("GraphBuilder.from", KEPT, keep, OnnxError);
    const builder = new GraphBuilder({ opset: model.opset, name: model.name });
    builder.domains = model.domains;
    for (const input of inputs) builder.inputs.push(input);
    for (const output of outputs) builder.outputs.push(output);
    for (const node of model.nodes) builder.nodes.push(node);
    for (const [name, tensor] of model.initializers) builder.initializers.set(name, tensor);
    for (const { name } of [...model.inputs, ...model.outputs]) builder.add(name);
    for (const name of model.initializers.keys()) builder.add(name);
    for (const node of model.nodes) {
      builder.taken.add(node.name);
      for (const name of node.outputs) builder.add(name);
    }
    return builder;
  }

  /**
   * An input of the model, float32 unless said otherwise.
   *
   * @throws OnnxError for a name that is taken, or what is no shape or type
   */
  input(name: string, dims: readonly Dim[], type: DataType = "float32"): string {
    checkDims(`GraphBuilder.input, "${name}"`, dims, true);
    checkType(`GraphBuilder.input, "${name}"`, type);
    this.claim(name);
    this.values.add(name);
    this.inputs.push({ name, type, dims });
    return name;
  }

  /**
   * Makes `value` an output of the model under a name of its own.
   *
   * @throws OnnxError for a name that is taken, or a value that is not there
   */
  output(name: string, value: string, dims?: readonly Dim[], type: DataType = "float32"): string {
    if (dims !== undefined) checkDims(`GraphBuilder.output, "${name}"`, dims, true);
    checkType(`GraphBuilder.output, "${name}"`, type);
    if (value === "") throw new OnnxError(`GraphBuilder.output, "${name}": expected a value of this graph, got none.`);
    this.checkValues("GraphBuilder.output", [value]);
    if (name !== value) {
      this.claim(name);
      this.nodes.push({ op: "Identity", domain: "", name: `${name}_output`, inputs: [value], outputs: [name], attributes: {} });
    }
    this.outputs.push({ name, type, dims });
    return name;
  }

  /**
   * Adds a node with one output; "" stands for an input that is left out.
   *
   * @throws OnnxError for inputs that are no values of this graph, or attributes without their kind
   */
  op(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    return this.ops(op, inputs, 1, attributes)[0]!;
  }

  /** Adds a node with several outputs. */
  ops(op: string, inputs: readonly string[], outputs: number, attributes: Attributes = {}): string[] {
    checkText("GraphBuilder.op", "the operator", op);
    if (!Array.isArray(inputs))
      throw new OnnxError(`GraphBuilder.op, ${op}: expected a list of values as inputs, got ${describeValue(inputs)}.`);
    this.checkValues(`GraphBuilder.op, ${op}`, inputs);
    checkNumber(`GraphBuilder.ops, ${op}`, "outputs", outputs, { min: 1, max: 2 ** 16, integer: true }, OnnxError);
    checkAttributes(`GraphBuilder.op, ${op}`, attributes);
    let name: string;
    let values: string[];
    do {
      name = this.unique(op);
      values = Array.from({ length: outputs }, (_, i) => (i === 0 ? `${name}_y` : `${name}_y${i}`));
      // A node that was folded away leaves its output behind as a constant.
    } while (values.some((value) => this.taken.has(value)));
    for (const value of values) this.add(value);
    this.nodes.push({ op, domain: "", name, inputs: [...inputs], outputs: values, attributes });
    return values;
  }

  /**
   * A constant.
   *
   * @throws OnnxError unless the shape, the type and the elements fit each other
   */
  constant(tensor: OnnxTensor, name = "constant"): string {
    checkTensor("GraphBuilder.constant", tensor);
    const key = tensor.data.length <= 16 ? `${tensor.type}|${tensor.dims.join(",")}|${tensor.data.join(",")}` : undefined;
    const known = key === undefined ? undefined : this.pool.get(key);
    if (known !== undefined) return known;
    const unique = this.unique(name);
    this.values.add(unique);
    this.initializers.set(unique, tensor);
    if (key !== undefined) this.pool.set(key, unique);
    return unique;
  }

  /** A float32 scalar. */
  float(value: number): string {
    if (typeof value !== "number") throw new OnnxError(`GraphBuilder.float: expected a number, got ${describeValue(value)}.`);
    return this.constant(floats([], [value]), "scalar");
  }

  /** An int64 vector, such as axes or a shape. */
  ints(values: readonly number[]): string {
    return this.constant(integers(values), "integers");
  }

  reshape(x: string, shape: readonly number[]): string {
    return this.op("Reshape", [x, this.ints(shape)]);
  }

  transpose(x: string, order: readonly number[]): string {
    return order.every((axis, i) => axis === i) ? x : this.op("Transpose", [x], { perm: { ints: order } });
  }

  reduceSum(x: string, axes: readonly number[], keepDims: boolean): string {
    if (axes.length === 0) return x;
    return this.op("ReduceSum", [x, this.ints(axes)], { keepdims: { int: keepDims ? 1 : 0 } });
  }

  /** ReduceMean, ReduceMax, …: their axes became an input with operator set 18. */
  reduce(op: "ReduceMean" | "ReduceMax" | "ReduceMin", x: string, axes: readonly number[], keepDims: boolean): string {
    const keepdims = { int: keepDims ? 1 : 0 };
    if (this.opset >= 18) return this.op(op, [x, this.ints(axes)], { keepdims });
    return this.op(op, [x], { axes: { ints: axes }, keepdims });
  }

  /** Elements `from` up to `to` of one axis. */
  slice(x: string, axis: number, from: number, to: number, step = 1): string {
    return this.op("Slice", [x, this.ints([from]), this.ints([to]), this.ints([axis]), this.ints([step])]);
  }

  /**
   * All of another model, its values renamed with a prefix; its inputs are connected to values of this graph. Returns its outputs' values.
   *
   * @throws OnnxError for a model of another operator set, or an input without a connection
   */
  inline(model: OnnxModel, prefix: string, connections: Readonly<Record<string, string>>): Record<string, string> {
    checkModel("GraphBuilder.inline", model);
    checkText("GraphBuilder.inline", "the prefix", prefix);
    checkOptions(
      "GraphBuilder.inline, connections",
      connections ?? {},
      model.inputs.map(({ name }) => name),
      OnnxError,
    );
    if (model.opset !== this.opset) {
      throw new OnnxError(
        `inline: expected a model of operator set ${this.opset}, got ${model.opset}; bring it there with raiseOpset first.`,
      );
    }
    const renamed = new Map<string, string>([["", ""]]);
    for (const { name } of model.inputs) {
      const value = Object.hasOwn(connections ?? {}, name) ? connections[name] : undefined;
      if (value === undefined) throw new OnnxError(`inline: expected a connection for the input "${name}" of "${model.name}".`);
      this.checkValues("GraphBuilder.inline", [value]);
      renamed.set(name, value);
    }
    const rename = (name: string): string => {
      const known = renamed.get(name);
      if (known !== undefined) return known;
      const fresh = this.unique(`${prefix}${name}`);
      this.values.add(fresh);
      renamed.set(name, fresh);
      return fresh;
    };
    this.domains = { ...this.domains, ...model.domains };
    for (const [name, tensor] of model.initializers) this.initializers.set(rename(name), tensor);
    for (const node of model.nodes) {
      this.nodes.push({
        ...node,
        name: this.unique(`${prefix}${node.name || node.op}`),
        inputs: node.inputs.map(rename),
        outputs: node.outputs.map(rename),
      });
    }
    return Object.fromEntries(model.outputs.map(({ name }) => [name, rename(name)]));
  }

  /** The finished graph without what no output needs. */
  build(): OnnxModel {
    if (this.outputs.length === 0) throw new OnnxError("GraphBuilder.build: expected at least one output; call output(…) first.");
    return prune({
      opset: this.opset,
      domains: this.domains,
      name: this.name,
      inputs: this.inputs,
      outputs: this.outputs,
      nodes: this.nodes,
      initializers: this.initializers,
    });
  }

  private add(value: string): void {
    this.taken.add(value);
    this.values.add(value);
  }

  private checkValues(caller: string, values: readonly string[]): void {
    const missing = values.find((value) => !this.values.has(value));
    if (missing !== undefined || values.includes(undefined as never))
      throw new OnnxError(
        `${caller}: expected values of this graph, got ${describeValue(missing)}; ops and inputs return their names.`,
      );
  }

  private claim(name: string): void {
    checkText("GraphBuilder", "a name", name);
    if (name === "" || this.taken.has(name)) {
      throw new OnnxError(`GraphBuilder: expected a new name, got "${name}", which ${name === "" ? "is empty" : "is taken"}.`);
    }
    this.taken.add(name);
  }

  private unique(base: string): string {
    let count = this.counts.get(base) ?? 0;
    let name = count === 0 ? base : `${base}_${count}`;
    while (this.taken.has(name)) name = `${base}_${++count}`;
    this.counts.set(base, count + 1);
    this.taken.add(name);
    return name;
  }
}
