import { type Attribute, type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { checkModel } from "../graph/check.js";
import { codeOfType, type DataType } from "../graph/data-types.js";
import { freshNames } from "../graph/fresh-names.js";
import { type Dim, floats, type OnnxModel } from "../graph/model.js";
import { shapeText } from "../shapes/fact.js";
import { INFER, type InferOptions, inferShapes } from "../shapes/infer.js";
import { featuresOutput } from "./features.js";
import { areImages } from "./images.js";
import { beforeSquashing } from "./squashing.js";

/** An attribute that is one number, such as an age: class k begins at the k-th threshold, so that there is one class more than thresholds. */
export interface ScaleAttribute {
  readonly name: string;
  /** Rising. */
  readonly thresholds: readonly number[];
  /** By so much the number changes a logit by 1. Default: the smallest gap between thresholds, 1 for a single one. */
  readonly scale?: number;
}

/** What a part of a regressor's answer is: a name alone, classes, or a number with thresholds. */
export type HeadSpec = string | Attribute | ScaleAttribute;

const HEADS = {
  ...INFER,
  /** In the order of the outputs, or of the columns of a single one. Default: the outputs' names. */
  attributes: { optional: true, check: checkSpecs },
  /** "binary": every number of the answer is the logit of an attribute of two classes. Default: by the outputs' widths and the number of names. */
  heads: { optional: true, choices: ["classes", "binary"] },
} as const satisfies DeclaredOptions;

/** Options of `withHeads`. */
export interface HeadsOptions extends GivenOptions<typeof HEADS> {}

export interface Heads {
  /** One output [n, classes] an attribute, called after it. */
  readonly regressor: OnnxModel;
  readonly attributes: readonly Attribute[];
  /** What was guessed, for people. */
  readonly notes: readonly string[];
}

/** An output of the regressor as it stands: [n, width]. */
interface Answer {
  readonly name: string;
  readonly value: string;
  readonly rows: Dim;
  readonly width: number;
  /** What was behind the logits. */
  readonly squashing: "Sigmoid" | "Softmax" | null;
}

/** An attribute and how many numbers it takes. */
type Head = Attribute & { readonly width: number; readonly thresholds?: readonly number[]; readonly scale?: number };

/**
 * A regressor with one output of logits [n, classes] an attribute, whatever its file's outputs are: rows of classes, single logits, probabilities (a
 * Sigmoid or Softmax at the end is left out: losses take logits) or numbers with thresholds.
 *
 * @throws OnnxError that lists the attributes and the outputs when they don't fit each other
 */
export function withHeads(regressor: OnnxModel, options: HeadsOptions = {}): Heads {
  checkModel("withHeads", regressor);
  const { attributes, heads, shapes } = readOptions("withHeads", HEADS, options, OnnxError);
  // What all heads read is no answer; it stays an output.
  const features = featuresOutput(regressor);
  const graph = GraphBuilder.from(regressor, { outputs: features ? [features] : [] });
  const notes: string[] = [];
  const answers = answersOf(graph, regressor, { shapes });
  for (const kind of ["Sigmoid", "Softmax"] as const) {
    const behind = answers.filter(({ squashing }) => squashing === kind).map(({ name }) => name);
    if (behind.length > 0) notes.push(`the ${kind} at the end of ${listed(behind)} is left out: logits are what losses take`);
  }
  const found = attributes ? named(attributes, answers, heads, notes) : unnamed(answers, heads, notes);
  addOutputs(graph, regressor, answers, found);
  return { regressor: graph.build(), attributes: found.map(({ name, classes }) => ({ name, classes })), notes };
}

function answersOf(graph: GraphBuilder, regressor: OnnxModel, options: InferOptions): Answer[] {
  const facts = inferShapes(regressor, options);
  return regressor.outputs
    .filter((output) => output !== featuresOutput(regressor))
    .map(({ name, dims: declared, type: declaredType }) => {
      const dims = facts.get(name)?.dims ?? declared ?? [];
      const [rows = "n", width = 1, ...rest] = dims;
      if (dims.length === 0 || typeof width !== "number" || rest.some((dim) => dim !== 1))
        throw new OnnxError(
          `withHeads: expected the regressor to answer with one row of numbers an image, [n, width], got ${shapeText(dims)} as "${name}".${areImages(dims) ? " These are images: is it the generator's file?" : ""}`,
        );
      const { value, squashing } = beforeSquashing(graph, regressor, name);
      const type = facts.get(name)?.type ?? declaredType;
      return { name, value: asRows(graph, asFloat32(graph, value, type), dims.length, width), rows, width, squashing };
    });
}

function asFloat32(graph: GraphBuilder, value: string, type: DataType): string {
  return type === "float32" ? value : graph.op("Cast", [value], { to: { int: codeOfType("float32") } });
}

/** [n], [n, width] or [n, width, 1, …] as [n, width]; 0 keeps the images apart from their numbers. */
function asRows(graph: GraphBuilder, value: string, rank: number, width: number): string {
  if (rank === 2) return value;
  return rank === 1 ? graph.op("Unsqueeze", [value, graph.ints([1])]) : graph.reshape(value, [0, width]);
}

function unnamed(answers: readonly Answer[], heads: HeadsOptions["heads"], notes: string[]): Head[] {
  const single = answers.length === 1 ? answers[0]! : undefined;
  const isBinary = heads === "binary" || (heads === undefined && single?.squashing === "Sigmoid");
  if (isBinary && answers.some(({ width }) => width > 1)) {
    const total = answers.reduce((sum, { width }) => sum + width, 0);
    notes.push(`its ${total} numbers are binary attributes, called by their place as no names are given`);
    return Array.from({ length: total }, (_, k) => binary(`attribute ${k}`));
  }
  return answers.map((answer) => ofAnswer(answer.name, answer, heads, notes));
}

/** The attribute that a whole output is. */
function ofAnswer(name: string, { width }: Answer, heads: HeadsOptions["heads"], notes: string[]): Head {
  if (width >= 2) return { name, classes: width, width };
  if (heads === "classes")
    throw new OnnxError(
      `withHeads: expected 2 classes or more for "${name}", got one number; take heads: "binary", or give it thresholds.`,
    );
  if (heads === undefined) notes.push(`"${name}" is one number: taken as the logit of a binary attribute`);
  return binary(name);
}

const binary = (name: string): Head => ({ name, classes: 2, width: 1, thresholds: [0], scale: 1 });

function named(specs: readonly HeadSpec[], answers: readonly Answer[], heads: HeadsOptions["heads"], notes: string[]): Head[] {
  const total = answers.reduce((sum, { width }) => sum + width, 0);
  const given = specs.map(headOf);
  const namesOnly = given.filter((head) => head === undefined).length;
  const left = total - given.reduce((sum, head) => sum + (head?.width ?? 0), 0);
  if (heads === "binary") {
    const all = given.map((head, k) => head ?? binary(nameOf(specs[k]!)));
    return checked(all, answers, specs);
  }
  if (answers.length === specs.length)
    return checked(
      specs.map((spec, k) => given[k] ?? ofAnswer(nameOf(spec), answers[k]!, heads, notes)),
      answers,
      specs,
    );
  const each = left / namesOnly;
  if (namesOnly > 0 && Number.isInteger(each) && each >= 1 && !(each === 1 && heads === "classes")) {
    const what = each === 1 ? "binary attributes, one logit each" : `attributes of ${each} classes each`;
    notes.push(
      `${namesOnly} names for ${left} numbers: taken as ${what}${heads === undefined && each === 1 ? ' (heads: "binary" says so)' : ""}`,
    );
    const all = specs.map(
      (spec, k) => given[k] ?? (each === 1 ? binary(nameOf(spec)) : { name: nameOf(spec), classes: each, width: each }),
    );
    return checked(all, answers, specs);
  }
  return checked(
    given.map((head, k) => head ?? { name: nameOf(specs[k]!), classes: 0, width: 0 }),
    answers,
    specs,
  );
}

const nameOf = (spec: HeadSpec) => (typeof spec === "string" ? spec : spec.name);

function headOf(spec: HeadSpec): Head | undefined {
  if (typeof spec === "string") return undefined;
  if (!("thresholds" in spec)) return { ...spec, width: spec.classes };
  const { name, thresholds } = spec;
  const gaps = thresholds.slice(1).map((at, k) => at - thresholds[k]!);
  const { scale = gaps.length > 0 ? Math.min(...gaps) : 1 } = spec;
  return { name, classes: thresholds.length + 1, width: 1, thresholds, scale };
}

/** Heads that fill the answers: each its own, or all of one. */
function checked(heads: readonly Head[], answers: readonly Answer[], specs: readonly HeadSpec[]): Head[] {
  const widths = answers.map(({ width }) => width);
  const own = heads.length === answers.length && heads.every(({ width }, k) => width === widths[k]);
  const sum = heads.reduce((total, { width }) => total + width, 0);
  const columns = answers.every(({ width }) => width === 1) && sum === answers.length;
  if (heads.every(({ width }) => width > 0) && (own || columns || (answers.length === 1 && sum === widths[0]))) return [...heads];
  const wanted = specs.map((spec, k) => (heads[k]!.width > 0 ? `${nameOf(spec)}: ${heads[k]!.width}` : nameOf(spec)));
  const found = answers.map(({ name, width }) => `${name} [n, ${width}]`);
  throw new OnnxError(
    `withHeads: expected outputs for ${specs.length} attributes (${listed(wanted)}), one [n, numbers] an attribute or one with all their numbers, got ${listed(found)}. Name the attributes in the outputs' order, with "classes" or "thresholds" where the number of names doesn't tell.`,
  );
}

const MOST_LISTED = 6;

function listed(items: readonly string[]): string {
  const more = items.length > MOST_LISTED ? ` and ${items.length - MOST_LISTED} more` : "";
  return `${items.slice(0, MOST_LISTED).join(", ")}${more}`;
}

function addOutputs(graph: GraphBuilder, model: OnnxModel, answers: readonly Answer[], heads: readonly Head[]): void {
  const fresh = freshNames(model);
  const rows = answers[0]?.rows ?? "n";
  const values = answers.map(({ value }) => value);
  const whole = answers.length === heads.length;
  const joined = whole ? "" : values.length === 1 ? values[0]! : graph.op("Concat", values, { axis: { int: 1 } });
  const parts = whole
    ? values
    : graph.ops("Split", [joined, graph.ints(heads.map(({ width }) => width))], heads.length, { axis: { int: 1 } });
  heads.forEach((head, k) => {
    const logits = head.thresholds ? classLogits(graph, parts[k]!, head.thresholds, head.scale!) : parts[k]!;
    graph.output(fresh(`logits_${k}`), logits, [rows, head.classes]);
  });
}

/**
 * Logits of the classes between thresholds: neighbours differ by (x − threshold) / scale, so that the largest is the class that x is in. For a single
 * threshold 0 it is the softmax of [0, x], the sigmoid.
 */
function classLogits(graph: GraphBuilder, x: string, thresholds: readonly number[], scale: number): string {
  const slopes = [0, ...thresholds.map((_, k) => (k + 1) / scale)];
  const shifts = [0];
  for (const at of thresholds) shifts.push(shifts.at(-1)! - at / scale);
  const row = (values: readonly number[], name: string) => graph.constant(floats([1, values.length], values), name);
  return graph.op("Add", [graph.op("Mul", [x, row(slopes, "slopes")]), row(shifts, "shifts")]);
}

function checkSpecs(caller: string, specs: readonly HeadSpec[]): readonly HeadSpec[] {
  const isRising = (values: readonly number[]) =>
    values.every((at, k) => Number.isFinite(at) && (k === 0 || at > values[k - 1]!));
  const isSpec = (spec: Partial<Attribute & ScaleAttribute> | string | null) => {
    if (typeof spec === "string") return spec !== "";
    if (typeof spec !== "object" || spec === null || typeof spec.name !== "string") return false;
    const { classes, thresholds, scale } = spec;
    if (thresholds === undefined) return Number.isInteger(classes) && classes! >= 2 && scale === undefined;
    const fits = Array.isArray(thresholds) && thresholds.length > 0 && isRising(thresholds) && classes === undefined;
    return fits && (scale === undefined || scale > 0);
  };
  const wrong = Array.isArray(specs) && specs.length > 0 ? specs.find((spec) => !isSpec(spec)) : specs;
  if (wrong !== undefined)
    throw new OnnxError(
      `${caller}: expected attributes to be names, { name, classes } or { name, thresholds } with rising numbers, got ${describeValue(wrong)}.`,
    );
  const names = specs.map(nameOf);
  const repeated = names.find((name, k) => names.indexOf(name) !== k);
  if (repeated !== undefined) throw new OnnxError(`${caller}: expected attributes of different names, got "${repeated}" twice.`);
  return specs;
}
