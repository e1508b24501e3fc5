import { type Attribute, checkNumber, checkOptions, describeValue } from "@latentflow/core";
import type { Tensor1D } from "@tensorflow/tfjs-core";
import { OnnxError } from "./errors.js";
import { checkModel } from "./graph/check.js";
import type { OnnxModel } from "./graph/model.js";
import { readOnnx } from "./io/read.js";
import { attributeNetwork, type TruncationValues } from "./loss/attribute-network.js";
import { OnnxAttributeModel } from "./onnx-attribute-model.js";
import { type OnnxSessionOptions, SESSION_OPTIONS } from "./session/onnx-session.js";
import { numbersOfTensor } from "./tensors.js";

/** A network that can write itself as a graph, such as StyleGan2Generator and FactorRegressor of `@latentflow/models`. */
export interface OnnxExportable {
  toOnnx(): OnnxModel | Promise<OnnxModel>;
}

/** A graph, the bytes of an `.onnx` file, or a network that writes itself. */
export type OnnxSource = OnnxModel | Uint8Array | OnnxExportable;

/** Options of `onnxModel`. */
export interface OnnxModelOptions extends OnnxSessionOptions {
  /** Input w [n, d] or [n, rows, d]; output images [n, 3, height, width] or [n, height, width, 3] in about [-1, 1]. */
  readonly generator: OnnxSource;
  /** Input images, with its own clamp, resize and normalisation inside; one output [n, classes] an attribute, or one with all classes; "features" [n, f] may come beside them. */
  readonly regressor: OnnxSource;
  /** Names and classes. Default: the regressor's own, else its outputs' names and widths. */
  readonly attributes?: readonly Attribute[];
  /** Truncation towards the mean latent, applied to the edited code as in the paper (0.7 there). Default none. */
  readonly truncation?: { readonly psi: number; readonly meanLatent: Tensor1D | ArrayLike<number>; readonly cutoff?: number };
  /** Input images, output [n, e] with rows of length 1: for losses with `originalEmbeddings` (equation 9). */
  readonly embedder?: OnnxSource;
  /** A second classifier with an output "features" [n, f], which the model then gives in place of the regressor's own output of that name. */
  readonly judge?: OnnxSource;
  /**
   * Large 3 × 3 convolutions in Winograd's form: fewer multiplications for four times the memory of their filters, and rounding of 1e-5 in place of
   * 1e-6. Default: where it measured faster, on x86-64 processors with onnxruntime-node.
   */
  readonly winograd?: boolean;
}

/**
 * The frozen half of an edit on ONNX Runtime: generator and regressor as one graph, its gradient with respect to w and the paper's loss inside.
 * Tensors go in and out as tfjs tensors of whatever backend is active. Sessions are made when they are first needed.
 *
 * A custom loss is differentiated by tfjs, so its gradients must be registered (`import "@latentflow/backend/gradients"`).
 *
 * @throws OnnxError for parts that don't fit, an op that can't be differentiated, or a runtime that is not installed
 */
export async function onnxModel(options: OnnxModelOptions): Promise<OnnxAttributeModel> {
  const own = ["generator", "regressor", "attributes", "truncation", "embedder", "judge", "winograd"];
  checkOptions("onnxModel", options ?? {}, [...own, ...SESSION_OPTIONS], OnnxError);
  const { generator, regressor, attributes, truncation, embedder, judge, winograd, ...session } = options ?? {};
  if (winograd !== undefined && typeof winograd !== "boolean") {
    throw new OnnxError(`onnxModel: expected winograd to be true or false, got ${describeValue(winograd)}.`);
  }
  const network = attributeNetwork({
    generator: await graphOf("generator", generator),
    regressor: await graphOf("regressor", regressor),
    embedder: embedder === undefined ? undefined : await graphOf("embedder", embedder),
    judge: judge === undefined ? undefined : await graphOf("judge", judge),
    attributes: attributes ?? attributesOf(regressor),
    regressorNames: attributesOf(regressor)?.map(({ name }) => name),
    truncation: truncation === undefined ? undefined : await truncationOf(truncation),
  });
  const model = new OnnxAttributeModel(network, session, winograd);
  await model.start();
  return model;
}

async function graphOf(part: string, source: OnnxSource): Promise<OnnxModel> {
  if (source instanceof Uint8Array) return readOnnx(source);
  if (typeof source !== "object" || source === null) {
    throw new OnnxError(
      `onnxModel: expected the ${part} to be a graph, bytes or a network with toOnnx(), got ${describeValue(source)}.`,
    );
  }
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

async function truncationOf(truncation: NonNullable<OnnxModelOptions["truncation"]>): Promise<TruncationValues> {
  checkOptions("onnxModel, truncation", truncation, ["psi", "meanLatent", "cutoff"], OnnxError);
  const psi = checkNumber("onnxModel", "truncation.psi", truncation.psi, {}, OnnxError);
  const { meanLatent, cutoff } = truncation;
  if (cutoff !== undefined) checkNumber("onnxModel", "truncation.cutoff", cutoff, { integer: true, min: 0 }, OnnxError);
  const isTensor = typeof meanLatent === "object" && meanLatent !== null && "dataSync" in meanLatent;
  const values = isTensor ? await numbersOfTensor("onnxModel", "truncation.meanLatent", meanLatent) : meanLatent;
  const isList = typeof values === "object" && values !== null && Array.from(values).every(Number.isFinite);
  if (!isList || values.length === 0)
    throw new OnnxError(`onnxModel: expected truncation.meanLatent to be finite numbers, [d], got ${describeValue(meanLatent)}.`);
  return { psi, meanLatent: values, cutoff };
}
