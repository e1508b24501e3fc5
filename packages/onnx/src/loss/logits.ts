import { type Attribute, describeValue } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import type { GraphBuilder } from "../graph/builder.js";
import type { Dim, OnnxModel } from "../graph/model.js";
import { featuresOutput } from "../networks/features.js";
import { shapeText } from "../shapes/fact.js";
import type { ValueFacts } from "../shapes/infer.js";

interface Answers {
  readonly regressor: OnnxModel;
  /** Values of the regressor's outputs, and what is known of them. */
  readonly values: Readonly<Record<string, string>>;
  readonly facts: ReadonlyMap<string, ValueFacts>;
  /** Rows that every answer must have. */
  readonly batch: Dim | undefined;
  readonly attributes: readonly Attribute[] | undefined;
  readonly regressorNames: readonly string[] | undefined;
}

interface Logits {
  /** One value [n, classes] an attribute. */
  readonly values: string[];
  readonly attributes: readonly Attribute[];
}

/** One output an attribute, or a single output [n, sum of classes] that is split as `attributes` says. */
export function logitsOf(graph: GraphBuilder, { regressor, values, facts, batch, attributes, regressorNames }: Answers): Logits {
  const answers = regressor.outputs.filter((output) => output !== featuresOutput(regressor));
  const outputs = answers.map(({ name, dims: declared }) => {
    const dims = facts.get(name)?.dims ?? declared ?? [];
    const rows = facts.has(name) ? dims[0] === batch : true;
    if (dims.length !== 2 || !rows)
      throw new OnnxError(
        `onnxModel: expected the regressor to answer with one row of classes an image, [${batch}, classes], got ${shapeText(dims)} as "${name}"; are its images of another size, or flattened with the batch?`,
      );
    return { name, value: values[name]!, width: dims[1]! };
  });
  if (attributes) checkAttributes(attributes, regressorNames ?? outputs.map(({ name }) => name));
  const wanted = attributes ?? outputs.map(({ name, width }) => ({ name, classes: Number(width) }));
  const total = wanted.reduce((sum, { classes }) => sum + classes, 0);
  const own = outputs.length === wanted.length && wanted.every(({ classes }, k) => classes === outputs[k]!.width && classes >= 2);
  if (own) return { values: outputs.map(({ value }) => value), attributes: wanted };
  if (outputs.length === 1 && outputs[0]!.width === total && wanted.length > 1) {
    const sizes = graph.ints(wanted.map(({ classes }) => classes));
    return { values: graph.ops("Split", [outputs[0]!.value, sizes], wanted.length, { axis: { int: 1 } }), attributes: wanted };
  }
  const described = wanted.map(({ name, classes }) => `${name}: ${classes}`).join(", ");
  throw new OnnxError(
    `onnxModel: expected the regressor to have one output [n, classes] an attribute (${described}), or one of all ${total} classes, got ${outputs.length === 1 ? "width" : `${outputs.length} outputs of widths`} ${outputs.map(({ width }) => width).join(", ")}.`,
  );
}

/** Names are free, but an attribute that has the name of another one's output would be measured by it. */
function checkAttributes(attributes: readonly Attribute[], names: readonly string[]): void {
  const valid =
    Array.isArray(attributes) &&
    attributes.length > 0 &&
    attributes.every(
      (each) => typeof each?.name === "string" && each.name !== "" && Number.isInteger(each.classes) && each.classes >= 2,
    );
  if (!valid)
    throw new OnnxError(
      `onnxModel: expected attributes to be a list of { name, classes } with at least 2 classes, got ${describeValue(attributes)}.`,
    );
  const given = attributes.map(({ name }) => name);
  const repeated = given.find((name, k) => given.indexOf(name) !== k);
  if (repeated !== undefined) throw new OnnxError(`onnxModel: expected attributes of different names, got "${repeated}" twice.`);
  const several = names.length > 1 || attributes.length === 1;
  const [own, wanted] = [essentials(names), essentials(given)];
  if (several && wanted.some((name, k) => name !== "" && own.includes(name) && own[k] !== name))
    throw new OnnxError(
      `onnxModel: expected attributes in the order of the regressor's outputs, ${names.join(", ")}, got ${given.join(", ")}.`,
    );
}

/** What tells names from each other: letters and digits, whatever their case, without what all begin and end with, as in "logits_a", "logits_b". */
function essentials(names: readonly string[]): string[] {
  const plain = names.map((name) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, ""));
  if (plain.length < 2) return plain;
  const shortest = Math.min(...plain.map(({ length }) => length));
  const [first] = plain as [string];
  let start = 0;
  while (start < shortest && plain.every((name) => name[start] === first[start])) start++;
  let end = 0;
  while (end < shortest - start && plain.every((name) => name.at(-1 - end) === first.at(-1 - end))) end++;
  return plain.map((name) => name.slice(start, name.length - end));
}
