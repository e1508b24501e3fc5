import type { Attribute } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { type Dim, floats, type OnnxModel } from "../graph/model.js";
import { raiseOpset } from "../graph/raise-opset.js";
import { inferShapes } from "../shapes/infer.js";

/** Truncation towards a mean latent: w → mean + ψ · (w − mean). */
export interface TruncationValues {
  readonly psi: number;
  /** [d] */
  readonly meanLatent: ArrayLike<number>;
}

/** Generator, then regressor, then embedder, as one graph. */
export interface AttributeNetwork {
  /** Input "w"; outputs "images" [n, height, width, 3], "logits_0" …, and "embedding" when there is an embedder. */
  readonly model: OnnxModel;
  readonly latentDim: number;
  readonly numLayers: number | undefined;
  readonly attributes: readonly Attribute[];
  readonly embeddingSize: number | undefined;
}

export interface NetworkParts {
  readonly generator: OnnxModel;
  readonly regressor: OnnxModel;
  readonly embedder?: OnnxModel | undefined;
  readonly attributes?: readonly Attribute[] | undefined;
  readonly truncation?: TruncationValues | undefined;
}

export const logitsName = (attribute: number) => `logits_${attribute}`;

/** Rules of differentiation are written for this operator set; everything is brought to it, or to the newest among the parts. */
const OPSET = 18;

/**
 * Puts a generator and a regressor together.
 *
 * @throws OnnxError when a part has other inputs or outputs than its task asks for
 */
export function attributeNetwork(parts: NetworkParts): AttributeNetwork {
  const { generator, regressor, embedder, truncation } = parts;
  const opset = Math.max(OPSET, generator.opset, regressor.opset, embedder?.opset ?? 0);
  const w = onlyInput("generator", generator);
  const latent = w.dims!.slice(1);
  if (latent.length < 1 || latent.length > 2 || latent.some((dim) => typeof dim !== "number")) {
    throw new OnnxError(`onnxModel: expected the generator's input to be [n, d] or [n, layers, d], got [${w.dims!.join(", ")}].`);
  }
  const latentDim = latent.at(-1) as number;
  const graph = new GraphBuilder({ opset, name: "attribute model" });
  const code = graph.input("w", ["n", ...latent]);
  const made = graph.inline(raiseOpset(generator, opset), "generator/", {
    [w.name]: truncated(graph, code, truncation, latentDim),
  });
  const images = imageOutput(generator, made);
  graph.output("images", images.channelsFirst ? graph.transpose(images.value, [0, 2, 3, 1]) : images.value);
  const seen = graph.inline(raiseOpset(regressor, opset), "regressor/", {
    [onlyInput("regressor", regressor).name]: inLayoutOf("regressor", graph, regressor, images),
  });
  const logits = logitsOutputs(graph, regressor, seen, parts.attributes);
  logits.values.forEach((value, k) => {
    graph.output(logitsName(k), value, ["n", logits.attributes[k]!.classes]);
  });
  const embeddingSize = embedder && addEmbedding(graph, raiseOpset(embedder, opset), images);
  const numLayers = latent.length === 2 ? (latent[0] as number) : undefined;
  return { model: graph.build(), latentDim, numLayers, attributes: logits.attributes, embeddingSize };
}

function truncated(graph: GraphBuilder, w: string, truncation: TruncationValues | undefined, latentDim: number): string {
  if (!truncation) return w;
  const { psi, meanLatent } = truncation;
  if (meanLatent.length !== latentDim) {
    throw new OnnxError(`onnxModel: expected a mean latent of ${latentDim} numbers, got ${meanLatent.length}.`);
  }
  const shift = Float32Array.from(meanLatent, (x) => (1 - psi) * x);
  return graph.op("Add", [graph.op("Mul", [w, graph.float(psi)]), graph.constant(floats([latentDim], shift), "truncation")]);
}

interface Images {
  readonly value: string;
  readonly channelsFirst: boolean;
}

function imageOutput(generator: OnnxModel, made: Readonly<Record<string, string>>): Images {
  const facts = inferShapes(generator);
  const candidates = generator.outputs.filter(({ name, dims }) => isImage(facts.get(name)?.dims ?? dims ?? []));
  const chosen = candidates[0];
  if (!chosen) {
    const found = generator.outputs
      .map(({ name, dims }) => `${name} [${(facts.get(name)?.dims ?? dims ?? []).join(", ")}]`)
      .join(", ");
    throw new OnnxError(
      `onnxModel: expected the generator to have an output [n, 3, height, width] or [n, height, width, 3], got ${found}.`,
    );
  }
  return { value: made[chosen.name]!, channelsFirst: (facts.get(chosen.name)?.dims ?? chosen.dims)![1] === 3 };
}

const isImage = (dims: readonly Dim[]) => dims.length === 4 && (dims[1] === 3 || dims[3] === 3);

/** The images in the layout that a network reads. */
function inLayoutOf(part: string, graph: GraphBuilder, model: OnnxModel, { value, channelsFirst }: Images): string {
  const { dims } = onlyInput(part, model);
  if (!isImage(dims!))
    throw new OnnxError(`onnxModel: expected the ${part}'s input to be images of 3 channels, got [${dims!.join(", ")}].`);
  const wantsFirst = dims![1] === 3;
  if (wantsFirst === channelsFirst) return value;
  return graph.transpose(value, channelsFirst ? [0, 2, 3, 1] : [0, 3, 1, 2]);
}

function onlyInput(part: string, model: OnnxModel) {
  const [input, ...more] = model.inputs;
  if (!input?.dims || more.length > 0) {
    throw new OnnxError(
      `onnxModel: expected the ${part} to have one input with a shape, got ${model.inputs.map(({ name }) => name).join(", ") || "none"}; make the rest constants when exporting.`,
    );
  }
  return input;
}

/** One output an attribute, or a single output [n, sum of classes] that is split as `attributes` says. */
function logitsOutputs(
  graph: GraphBuilder,
  regressor: OnnxModel,
  seen: Readonly<Record<string, string>>,
  given: readonly Attribute[] | undefined,
): { values: string[]; attributes: readonly Attribute[] } {
  const facts = inferShapes(regressor);
  const widths = regressor.outputs.map(({ name, dims }) => (facts.get(name)?.dims ?? dims ?? [])[1]);
  const attributes = given ?? regressor.outputs.map(({ name }, k) => ({ name, classes: Number(widths[k]) }));
  const total = attributes.reduce((sum, { classes }) => sum + classes, 0);
  const values = regressor.outputs.map(({ name }) => seen[name]!);
  if (values.length === attributes.length && attributes.every(({ classes }, k) => classes === widths[k] && classes >= 2))
    return { values, attributes };
  if (values.length === 1 && widths[0] === total) {
    const sizes = graph.ints(attributes.map(({ classes }) => classes));
    return { values: graph.ops("Split", [values[0]!, sizes], attributes.length, { axis: { int: 1 } }), attributes };
  }
  throw new OnnxError(
    `onnxModel: expected the regressor to have one output [n, classes] an attribute (${attributes.map(({ name, classes }) => `${name}: ${classes}`).join(", ")}), or one of all ${total} classes, got widths ${widths.join(", ")}.`,
  );
}

function addEmbedding(graph: GraphBuilder, embedder: OnnxModel, images: Images): number {
  const seen = graph.inline(embedder, "embedder/", {
    [onlyInput("embedder", embedder).name]: inLayoutOf("embedder", graph, embedder, images),
  });
  const [output] = embedder.outputs;
  const size = inferShapes(embedder).get(output!.name)?.dims[1] ?? output!.dims?.[1];
  if (typeof size !== "number")
    throw new OnnxError(`onnxModel: expected the embedder's output to be [n, e], got ${output!.name}.`);
  graph.output("embedding", seen[output!.name]!, ["n", size]);
  return size;
}
