import {
  type Attribute,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isList,
  isTensor,
  type OptionValues,
  readOptions,
} from "@latentflow/core";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { OnnxError } from "./errors.js";
import { checkModel } from "./graph/check.js";
import type { OnnxModel } from "./graph/model.js";
import { readOnnx } from "./io/read.js";
import { attributeNetwork, type TruncationValues } from "./loss/attribute-network.js";
import { OnnxAttributeModel } from "./onnx-attribute-model.js";
import { SESSION } from "./session/onnx-session.js";
import { numbersOfTensor } from "./tensors.js";

/** A network that can write itself as a graph, such as StyleGan2Generator and FactorRegressor of `@latentflow/models`. */
export interface OnnxExportable {
  toOnnx(): OnnxModel | Promise<OnnxModel>;
}

/** A graph, the bytes of an `.onnx` file, or a network that writes itself. */
export type OnnxSource = OnnxModel | Uint8Array | OnnxExportable;

const TRUNCATION = {
  psi: {},
  /** [d] */
  meanLatent: { is: isMeanLatent, expected: "finite numbers, [d]" },
  /** Only so many first rows of W+ are pulled. Default: all. */
  cutoff: { optional: true, min: 0, integer: true },
} as const satisfies DeclaredOptions;

const ONNX_MODEL = {
  ...SESSION,
  /** Input w [n, d] or [n, rows, d]; output images [n, 3, height, width] or [n, height, width, 3] in about [-1, 1]. */
  generator: { check: checkSource },
  /** Input images, with its own clamp, resize and normalisation inside; one output [n, classes] an attribute, or one with all classes; "features" [n, f] may come beside them. */
  regressor: { check: checkSource },
  /** Names and classes. Default: the regressor's own, else its outputs' names and widths. */
  attributes: { optional: true, is: isList<Attribute>, expected: "a list of { name, classes } with at least 2 classes" },
  /** Truncation towards the mean latent, applied to the edited code as in the paper (0.7 there). Default none. */
  truncation: { optional: true, options: TRUNCATION },
  /** Input images, output [n, e] with rows of length 1: for losses with `originalEmbeddings` (equation 9). */
  embedder: { optional: true, check: checkSource },
  /** A second classifier with an output "features" [n, f], which the model then gives in place of the regressor's own output of that name. */
  judge: { optional: true, check: checkSource },
  /**
   * Large 3 × 3 convolutions in Winograd's form: fewer multiplications for four times the memory of their filters, and rounding of 1e-5 in place of
   * 1e-6. Default: where it measured faster, on x86-64 processors with onnxruntime-node.
   */
  winograd: { optional: true, is: (value: unknown): value is boolean => typeof value === "boolean", expected: "true or false" },
  /**
   * Bytes that a batch's activations may take, as estimated from the graph's shapes. A larger batch is run in parts, one after the other; without a gradient,
   * one half as large again is not. Default 1.75e9: 4 rows at 256 px.
   */
  batchMemory: { default: 1.75e9, above: 0 },
} as const satisfies DeclaredOptions;

/** Options of `onnxModel`. */
export interface OnnxModelOptions extends GivenOptions<typeof ONNX_MODEL> {}

/**
 * The frozen half of an edit on ONNX Runtime: generator and regressor as one graph, its gradient with respect to w and the paper's loss inside.
 * Tensors go in and out as tfjs tensors of whatever backend is active. Sessions are made when they are first needed.
 *
 * A custom loss is differentiated by tfjs, so its gradients must be registered (`import "@latentflow/backend/gradients"`).
 *
 * @throws OnnxError for parts that don't fit, an op that can't be differentiated, or a runtime that is not installed
 */
export async function onnxModel(options: OnnxModelOptions): Promise<OnnxAttributeModel> {
  const settings = readOptions("onnxModel", ONNX_MODEL, options, OnnxError);
  const { generator, regressor, attributes, truncation, embedder, judge, winograd, batchMemory, ...session } = settings;
  const network = attributeNetwork({
    generator: await graphOf("generator", generator),
    regressor: await graphOf("regressor", regressor),
    embedder: embedder && (await graphOf("embedder", embedder)),
    judge: judge && (await graphOf("judge", judge)),
    attributes: attributes ?? attributesOf(regressor),
    regressorNames: attributesOf(regressor)?.map(({ name }) => name),
    truncation: truncation && (await truncationOf(truncation)),
  });
  const model = new OnnxAttributeModel(network, session, { winograd, batchMemory });
  await model.start();
  return model;
}

function checkSource(caller: string, source: OnnxSource, part: string): OnnxSource {
  if (typeof source === "object" && source !== null) return source;
  throw new OnnxError(
    `${caller}: expected the ${part} to be a graph, bytes or a network with toOnnx(), got ${describeValue(source)}.`,
  );
}

async function graphOf(part: string, source: OnnxSource): Promise<OnnxModel> {
  if (source instanceof Uint8Array) return readOnnx(source);
  if ("toOnnx" in source && typeof source.toOnnx !== "function")
    throw new OnnxError(`onnxModel: expected the ${part}'s toOnnx to be a function, got ${describeValue(source.toOnnx)}.`);
  const model = "toOnnx" in source ? await source.toOnnx() : source;
  checkModel("onnxModel", model, `the ${part} to be bytes, a network with toOnnx(), or a graph`);
  return model;
}

/** A regressor of ours knows its attributes' names. */
function attributesOf(regressor: OnnxSource): readonly Attribute[] | undefined {
  return "attributes" in regressor && Array.isArray(regressor.attributes) ? (regressor.attributes as Attribute[]) : undefined;
}

function isNumbers(value: unknown): value is ArrayLike<number> {
  const list = typeof value === "object" && value !== null ? Array.from(value as ArrayLike<unknown>) : [];
  return list.length > 0 && list.every(Number.isFinite);
}

function isMeanLatent(value: unknown): value is Tensor1D | ArrayLike<number> {
  return isTensor(value) || isNumbers(value);
}

async function truncationOf({ psi, meanLatent, cutoff }: OptionValues<typeof TRUNCATION>): Promise<TruncationValues> {
  const values = isTensor(meanLatent) ? await numbersOfTensor("onnxModel", "truncation.meanLatent", meanLatent) : meanLatent;
  if (isNumbers(values)) return { psi, meanLatent: values, cutoff };
  const { expected } = TRUNCATION.meanLatent;
  throw new OnnxError(`onnxModel: expected truncation.meanLatent to be ${expected}, got ${describeValue(meanLatent)}.`);
}
