import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { checkModel } from "../graph/check.js";
import { isFloat } from "../graph/data-types.js";
import { describeNode, type OnnxModel, type OnnxNode, tensorOf } from "../graph/model.js";
import { raiseOpset } from "../graph/raise-opset.js";
import { foldConstants } from "../shapes/fold.js";
import { INFER, inferShapes, type ValueFacts } from "../shapes/infer.js";
import { Casts, realType } from "./casts.js";
import { type Differentiation, GradientContext } from "./context.js";
import { GRADIENT_RULES, WITHOUT_GRADIENT } from "./rules/index.js";

const DIFFERENTIATE = {
  ...INFER,
  /** Each output's cotangent is an input of the new model ("inputs", default), or one: the gradient of the outputs' sum ("ones"). */
  cotangents: { default: "inputs", choices: ["inputs", "ones"] },
} as const satisfies DeclaredOptions;

/** Options of `differentiate`. */
export interface DifferentiateOptions extends GivenOptions<typeof DIFFERENTIATE> {
  /** Outputs whose cotangents are pulled back. */
  readonly outputs: readonly string[];
  /** Inputs to differentiate with respect to. */
  readonly wrt: readonly string[];
}

/** Name of the input that takes the cotangent of an output. */
export const cotangentName = (output: string) => `${output}_cotangent`;
/** Name of the output that gives the gradient with respect to an input. */
export const gradientName = (input: string) => `${input}_gradient`;

/** Ops whose rules know of further outputs than the first. */
const SEVERAL_OUTPUTS: ReadonlySet<string> = new Set(["Split", "SoftmaxCrossEntropyLoss"]);

/** Rules are written with the ops of this operator set. */
const RULES_OPSET = 18;

/**
 * Adds the vector-Jacobian product to a model: reverse-mode differentiation of the graph. The new model has all inputs and outputs of the old
 * one, an input `<output>_cotangent` for each of `outputs` (unless `cotangents` is "ones"), and an output `<input>_gradient` for each of `wrt`.
 * Weights are constants; what is needed of them transposed or flipped is prepared here. Batches of any size stay possible.
 *
 * @throws OnnxError naming the node: an op without a rule between `wrt` and `outputs`, or one whose shapes are not known
 */
export function differentiate(model: OnnxModel, options: DifferentiateOptions): OnnxModel {
  checkModel("differentiate", model);
  const { cotangents, shapes } = readOptions("differentiate", DIFFERENTIATE, options, OnnxError, ["outputs", "wrt"]);
  const { outputs, wrt } = options ?? {};
  checkNames("outputs", outputs, model.outputs);
  checkNames("wrt", wrt, model.inputs);
  const prepared = foldConstants(raiseOpset(model, Math.max(model.opset, RULES_OPSET)), { shapes });
  const facts = inferShapes(prepared, { shapes });
  for (const name of [...outputs, ...wrt]) checkReal(name, facts);
  const active = activeValues(prepared, wrt, facts);
  const graph = GraphBuilder.from(prepared);
  const casts = new Casts(graph);
  const gradients = new Gradients(graph);
  for (const output of outputs) gradients.add(output, startingCotangent(graph, output, facts, cotangents, prepared, casts));
  const needed = prepared.nodes.filter(
    (node) => node.outputs.some((name) => active.has(name)) && node.inputs.some((name) => active.has(name)),
  );
  const all = { graph, opset: prepared.opset, facts, constants: prepared.initializers, active, casts };
  for (const node of needed.toReversed()) pullBack(node, all, gradients);
  for (const input of wrt) {
    const gradient = gradients.of(input);
    if (gradient === undefined) {
      throw new OnnxError(
        `differentiate: expected the outputs ${outputs.join(", ")} to depend on "${input}", but nothing flows back to it.`,
      );
    }
    const { type, dims } = facts.get(input)!;
    graph.output(gradientName(input), casts.cast(gradient, realType(type), type), dims, type);
  }
  return graph.build();
}

/** Sums of the cotangents that arrive at each value. */
class Gradients {
  private readonly parts = new Map<string, string[]>();

  constructor(private readonly graph: GraphBuilder) {}

  add(value: string, cotangent: string): void {
    const known = this.parts.get(value);
    if (known) known.push(cotangent);
    else this.parts.set(value, [cotangent]);
  }

  of(value: string): string | undefined {
    const parts = this.parts.get(value);
    if (!parts) return undefined;
    const total = parts.reduce((a, b) => this.graph.op("Add", [a, b]));
    this.parts.set(value, [total]);
    return total;
  }
}

function pullBack(node: OnnxNode, all: Differentiation, gradients: Gradients): void {
  const cotangents = node.outputs.map((name) => (name === "" ? undefined : gradients.of(name)));
  const first = cotangents.find((cotangent) => cotangent !== undefined);
  if (first === undefined) return;
  const rule = node.domain === "" && Object.hasOwn(GRADIENT_RULES, node.op) ? GRADIENT_RULES[node.op] : undefined;
  if (!rule) {
    const op = node.domain === "" ? node.op : `${node.domain}.${node.op}`;
    throw new OnnxError(
      `differentiate: ${describeNode(node)}: expected an op with a gradient rule, got ${op}. Export the network with plain ops instead; those with rules: ${Object.keys(GRADIENT_RULES).join(", ")}.`,
    );
  }
  if (!SEVERAL_OUTPUTS.has(node.op) && cotangents.some((cotangent, i) => i > 0 && cotangent !== undefined)) {
    throw new OnnxError(
      `differentiate: ${describeNode(node)}: expected only its first output to matter, but another one is used.`,
    );
  }
  const context = new GradientContext(all, node);
  try {
    const pulled = rule(context, first, cotangents);
    node.inputs.forEach((name, i) => {
      if (!all.active.has(name)) return;
      const cotangent = pulled[i];
      if (cotangent === null) return;
      if (!cotangent) throw context.error(`an op that can be differentiated for its input ${i} ("${name}")`);
      gradients.add(name, all.casts.cast(cotangent(), context.type, realType(all.facts.get(name)?.type)));
    });
  } catch (error) {
    if (error instanceof OnnxError) throw error;
    // Only a damaged file leads here: name the node, not the place in a rule.
    throw context.error(
      `attributes of a network's, got ones that fail: ${error instanceof Error ? error.message : error}`,
      error,
    );
  }
}

/** Real-valued values that depend on `wrt`. */
function activeValues(model: OnnxModel, wrt: readonly string[], facts: ReadonlyMap<string, ValueFacts>): Set<string> {
  const active = new Set(wrt);
  for (const node of model.nodes) {
    if (WITHOUT_GRADIENT.has(node.op) || !node.inputs.some((name) => active.has(name))) continue;
    for (const name of node.outputs) {
      const known = facts.get(name);
      if (name !== "" && (!known || isFloat(known.type))) active.add(name);
    }
  }
  return active;
}

/** The first node on the way to an output that shape inference does not understand. */
function notUnderstood(model: OnnxModel, output: string, facts: ReadonlyMap<string, ValueFacts>): string {
  const wanted = new Set([output]);
  let first: OnnxNode | undefined;
  for (const node of model.nodes.toReversed()) {
    if (!node.outputs.some((name) => wanted.has(name) && !facts.has(name))) continue;
    for (const name of node.inputs) wanted.add(name);
    first = node;
  }
  return first ? describeNode(first) : "an op before it";
}

function startingCotangent(
  graph: GraphBuilder,
  output: string,
  facts: ReadonlyMap<string, ValueFacts>,
  kind: "inputs" | "ones",
  model: OnnxModel,
  casts: Casts,
): string {
  const known = facts.get(output);
  if (!known) {
    const node = notUnderstood(model, output, facts);
    throw new OnnxError(
      `differentiate: expected a known shape of the output "${output}", but ${node} is not understood, or its sizes depend on data. Export the network with plain ops instead.`,
    );
  }
  const { type, dims } = known;
  if (kind === "inputs") {
    const free = dims.map((dim, axis) => (typeof dim === "number" ? dim : `${dim}_${axis}`));
    return casts.cast(graph.input(cotangentName(output), free, type), type, realType(type));
  }
  const one = graph.constant(tensorOf(realType(type), [], [1]), "scalar");
  return dims.length === 0 ? one : graph.op("Expand", [one, graph.op("Shape", [output])]);
}

function checkReal(name: string, facts: ReadonlyMap<string, ValueFacts>): void {
  const type = facts.get(name)?.type;
  if (type === undefined || isFloat(type)) return;
  throw new OnnxError(`differentiate: expected "${name}" to hold real numbers, got ${type}; there is no gradient of it.`);
}

function checkNames(option: string, names: readonly string[], of: readonly { name: string }[]): void {
  const list = of.map(({ name }) => name);
  const known = Array.isArray(names) && names.length > 0 && names.every((name) => list.includes(name));
  if (!known || new Set(names).size !== names.length) {
    const got = Array.isArray(names) ? names.slice(0, 8).map(String).join(", ") || "none" : describeValue(names);
    throw new OnnxError(
      `differentiate: expected ${option} to be different names among ${list.join(", ") || "none"}, got ${got}.`,
    );
  }
}
