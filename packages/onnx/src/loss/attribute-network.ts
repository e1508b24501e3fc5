import type { Attribute } from "@latentflow/core";
import { OnnxError } from "../errors.js";
import { GraphBuilder } from "../graph/builder.js";
import { codeOfType, type DataType, isFloat } from "../graph/data-types.js";
import { type Dim, floats, type OnnxModel, type ValueInfo } from "../graph/model.js";
import { raiseOpset } from "../graph/raise-opset.js";
import { featuresOutput } from "../networks/features.js";
import { areImages, imagesOutput } from "../networks/images.js";
import { shapeText } from "../shapes/fact.js";
import { inferShapes, type ValueFacts } from "../shapes/infer.js";
import { logitsOf } from "./logits.js";

/** Truncation towards a mean latent: w → mean + ψ · (w − mean). */
export interface TruncationValues {
  readonly psi: number;
  /** Only so many first rows of W+ are pulled. */
  readonly cutoff?: number | undefined;
  /** [d] */
  readonly meanLatent: ArrayLike<number>;
}

/** Generator, then regressor, then embedder, as one graph. */
export interface AttributeNetwork {
  /**
   * Input "w"; outputs "images" [n, height, width, 3], "logits_0" …, "embedding" when there is an embedder, and "features" when the judge, or the
   * regressor where there is none, gives some. All float32.
   */
  readonly model: OnnxModel;
  readonly latentDim: number;
  readonly rowCount: number | undefined;
  readonly attributes: readonly Attribute[];
  readonly embeddingSize: number | undefined;
  readonly featureCount: number | undefined;
  /** The number of codes that the generator's graph was exported for; undefined when it takes any. */
  readonly batch: number | undefined;
}

export interface NetworkParts {
  readonly generator: OnnxModel;
  readonly regressor: OnnxModel;
  readonly embedder?: OnnxModel | undefined;
  readonly judge?: OnnxModel | undefined;
  readonly attributes?: readonly Attribute[] | undefined;
  /** What a regressor of ours calls its attributes; a graph has the names of its outputs. */
  readonly regressorNames?: readonly string[] | undefined;
  readonly truncation?: TruncationValues | undefined;
}

export const logitsName = (attribute: number) => `logits_${attribute}`;

/** Rules of differentiation are written for this operator set; everything is brought to it, or to the newest among the parts. */
const OPSET = 18;

/**
 * Puts a generator and a regressor together.
 *
 * @throws OnnxError when a part has other inputs or outputs than its task asks for, or images do not fit a part that reads them
 */
export function attributeNetwork(parts: NetworkParts): AttributeNetwork {
  const { generator, regressor, embedder, judge, truncation } = parts;
  const opset = Math.max(OPSET, generator.opset, regressor.opset, embedder?.opset ?? 0, judge?.opset ?? 0);
  const w = onlyInput("generator", generator);
  const [first, ...latent] = w.dims;
  if (latent.length < 1 || latent.length > 2 || latent.some((dim) => typeof dim !== "number")) {
    throw new OnnxError(`onnxModel: expected the generator's input to be [n, d] or [n, rows, d], got ${shapeText(w.dims)}.`);
  }
  const batch = typeof first === "number" ? first : undefined;
  const latentDim = latent.at(-1) as number;
  const graph = new GraphBuilder({ opset, name: "attribute model" });
  const code = truncated(graph, graph.input("w", [batch ?? "n", ...latent]), truncation, [
    latentDim,
    latent.length === 2 ? (latent[0] as number) : undefined,
  ]);
  const made = graph.inline(raiseOpset(generator, opset), "generator/", { [w.name]: cast(graph, code, "float32", w.type) });
  const images = imagesOf(graph, generator, made, batch ?? "n");
  graph.output("images", images.channelsFirst ? graph.transpose(images.value, [0, 2, 3, 1]) : images.value, images.dimsOut);
  const seen = addReader(graph, "regressor", regressor, images);
  const logits = logitsOf(graph, { regressor, batch: images.dims[0], ...seen, ...named(parts) });
  logits.values.forEach((value, k) => {
    graph.output(logitsName(k), value, [batch ?? "n", logits.attributes[k]!.classes]);
  });
  const embeddingSize = embedder && addEmbedding(graph, embedder, images);
  const featureCount = judge
    ? addFeatures(graph, "judge", judge, addReader(graph, "judge", judge, images), images)
    : featuresOutput(regressor) && addFeatures(graph, "regressor", regressor, seen, images);
  const rowCount = latent.length === 2 ? (latent[0] as number) : undefined;
  return { model: graph.build(), latentDim, rowCount, attributes: logits.attributes, embeddingSize, featureCount, batch };
}

const named = ({ attributes, regressorNames }: NetworkParts) => ({ attributes, regressorNames });

function truncated(
  graph: GraphBuilder,
  w: string,
  truncation: TruncationValues | undefined,
  [latentDim, rowCount]: readonly [number, number | undefined],
): string {
  if (!truncation) return w;
  const { psi, meanLatent } = truncation;
  if (meanLatent.length !== latentDim) {
    throw new OnnxError(`onnxModel: expected a mean latent of ${latentDim} numbers, got ${meanLatent.length}.`);
  }
  if (truncation.cutoff !== undefined) return truncatedRows(graph, w, truncation, truncation.cutoff, rowCount);
  const shift = Float32Array.from(meanLatent, (x) => (1 - psi) * x);
  return graph.op("Add", [graph.op("Mul", [w, graph.float(psi)]), graph.constant(floats([latentDim], shift), "truncation")]);
}

/** The first rows are pulled, the others stay. */
function truncatedRows(
  graph: GraphBuilder,
  w: string,
  { psi, meanLatent }: TruncationValues,
  cutoff: number,
  rowCount: number | undefined,
): string {
  if (rowCount === undefined || cutoff > rowCount) {
    const rows = rowCount === undefined ? "codes w without rows" : `${rowCount} rows`;
    throw new OnnxError(`onnxModel: expected truncation.cutoff to fit the generator, which takes ${rows}, got ${cutoff}.`);
  }
  const factors = Array.from({ length: rowCount }, (_, row) => (row < cutoff ? psi : 1));
  const shifts = factors.flatMap((factor) => Array.from(meanLatent, (x) => (1 - factor) * x));
  const pulled = graph.op("Mul", [w, graph.constant(floats([rowCount, 1], factors), "truncation_rows")]);
  return graph.op("Add", [pulled, graph.constant(floats([rowCount, meanLatent.length], shifts), "truncation")]);
}

/** Networks may compute in other types: what goes in and out of them here is float32. */
function cast(graph: GraphBuilder, value: string, from: DataType, to: DataType): string {
  return from === to ? value : graph.op("Cast", [value], { to: { int: codeOfType(to) } });
}

/** The generator's images, float32. */
interface Images {
  readonly value: string;
  readonly channelsFirst: boolean;
  /** As far as known, in the generator's layout; the batch first. */
  readonly dims: readonly Dim[];
  /** [n, height, width, 3] */
  readonly dimsOut: readonly Dim[];
}

function imagesOf(graph: GraphBuilder, generator: OnnxModel, made: Readonly<Record<string, string>>, batch: Dim): Images {
  const { name, type, dims: found, inferred } = imagesOutput("onnxModel", generator);
  const [rows, ...rest] = found;
  if (inferred && rows !== batch)
    throw new OnnxError(
      `onnxModel: expected the generator to make one image a code, ${shapeText([batch, ...rest])}, got ${shapeText([rows!, ...rest])}.`,
    );
  const dims = [batch, ...rest];
  const channelsFirst = dims[1] === 3;
  const value = cast(graph, made[name]!, type, "float32");
  return { value, channelsFirst, dims, dimsOut: channelsFirst ? inOtherLayout(dims) : dims };
}

/** Channels behind instead of in front, or the reverse. */
const inOtherLayout = ([n, a, b, c]: readonly Dim[]) => (a === 3 ? [n!, b!, c!, a] : [n!, c!, a!, b!]);

/** What a network makes of the images: the values of its outputs, and what is known of them. */
export interface ReaderOutputs {
  readonly values: Readonly<Record<string, string>>;
  readonly facts: ReadonlyMap<string, ValueFacts>;
}

/** Adds a network that reads the images, in its layout, once their size is one that it takes. */
function addReader(graph: GraphBuilder, part: string, model: OnnxModel, images: Images): ReaderOutputs {
  const input = onlyInput(part, model);
  if (!areImages(input.dims))
    throw new OnnxError(`onnxModel: expected the ${part}'s input to be images of 3 channels, got ${shapeText(input.dims)}.`);
  const channelsFirst = input.dims[1] === 3;
  const turned = channelsFirst !== images.channelsFirst;
  const given = turned ? inOtherLayout(images.dims) : images.dims;
  checkSizes(part, input.dims, given);
  const facts = factsFor(part, model, input.name, given);
  const value = turned ? graph.transpose(images.value, channelsFirst ? [0, 3, 1, 2] : [0, 2, 3, 1]) : images.value;
  const connected = { [input.name]: cast(graph, value, "float32", input.type) };
  const values = graph.inline(raiseOpset(model, graph.opset), `${part}/`, connected);
  for (const { name, type: declared } of model.outputs) {
    const type = facts.get(name)?.type ?? declared;
    if (isFloat(type)) values[name] = cast(graph, values[name]!, type, "float32");
  }
  return { values, facts };
}

/** Sizes that both say must be the same: a runtime would compute something, as layers before a pooling or a reshape take images of any size. */
function checkSizes(part: string, wanted: readonly Dim[], given: readonly Dim[]): void {
  const differs = wanted.some((dim, axis) => typeof dim === "number" && typeof given[axis] === "number" && dim !== given[axis]);
  const fixedBatch = typeof wanted[0] === "number" && typeof given[0] !== "number";
  if (!differs && !fixedBatch) return;
  const advice = fixedBatch
    ? `export the ${part} with dynamic_axes, so that its first dimension is free`
    : `resize within the ${part} (in PyTorch, torch.nn.functional.interpolate in its forward), name a resize for its file, or use one for this size`;
  throw new OnnxError(
    `onnxModel: expected images that the ${part} takes, ${shapeText(wanted)}, got ${shapeText(given)} from the generator; ${advice}.`,
  );
}

function factsFor(part: string, model: OnnxModel, input: string, given: readonly Dim[]): ReadonlyMap<string, ValueFacts> {
  // A generator that says nothing of its images' size: what they lead to is checked when it has run.
  if (given.slice(1).some((dim) => typeof dim !== "number")) return new Map();
  try {
    return inferShapes(model, { shapes: { [input]: given } });
  } catch (cause) {
    if (!(cause instanceof OnnxError)) throw cause;
    throw new OnnxError(
      `onnxModel: expected a ${part} that takes images ${shapeText(given)}, got one that can't: ${cause.message}`,
      {
        cause,
      },
    );
  }
}

function onlyInput(part: string, model: OnnxModel): ValueInfo & { readonly dims: readonly Dim[] } {
  const [input, ...more] = model.inputs;
  if (!input?.dims || more.length > 0) {
    throw new OnnxError(
      `onnxModel: expected the ${part} to have one input with a shape, got ${model.inputs.map(({ name }) => name).join(", ") || "none"}; make the rest constants when exporting.`,
    );
  }
  if (!isFloat(input.type))
    throw new OnnxError(`onnxModel: expected the ${part}'s input "${input.name}" to be real numbers, got ${input.type}.`);
  return { ...input, dims: input.dims };
}

/** Makes a network's features an output; gives their number. */
function addFeatures(
  graph: GraphBuilder,
  part: string,
  model: OnnxModel,
  { values, facts }: ReaderOutputs,
  images: Images,
): number {
  const output = featuresOutput(model);
  const known = output && facts.get(output.name);
  const dims = known?.dims ?? output?.dims ?? [];
  const [rows, size] = dims;
  if (!output || dims.length !== 2 || typeof size !== "number" || (known && rows !== images.dims[0]))
    throw new OnnxError(
      `onnxModel: expected the ${part} to have an output "features" [n, f], got ${output ? shapeText(dims) : model.outputs.map(({ name }) => name).join(", ")}.`,
    );
  graph.output("features", values[output.name]!, [images.dims[0]!, size]);
  return size;
}

function addEmbedding(graph: GraphBuilder, embedder: OnnxModel, images: Images): number {
  const { values, facts } = addReader(graph, "embedder", embedder, images);
  const [output] = embedder.outputs;
  const known = output && facts.get(output.name);
  const dims = known?.dims ?? output?.dims ?? [];
  const [rows, size] = dims;
  if (!output || dims.length !== 2 || typeof size !== "number" || (known && rows !== images.dims[0]))
    throw new OnnxError(
      `onnxModel: expected the embedder's output to be [n, e], got ${output ? `${output.name} ${shapeText(dims)}` : "none"}.`,
    );
  graph.output("embedding", values[output.name]!, [images.dims[0]!, size]);
  return size;
}
