import {
  type Attribute,
  type AttributeModel,
  type CustomLoss,
  checkOptions,
  describeValue,
  type LossAndGradient,
  type LossRequest,
} from "@latentflow/core";
import { engine, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tensor } from "@tensorflow/tfjs-core";
import { OnnxError } from "./errors.js";
import { cotangentName, differentiate, gradientName } from "./gradients/differentiate.js";
import { floats, type OnnxModel, type OnnxTensor } from "./graph/model.js";
import { splitTransposedConvolutions } from "./graph/polyphase.js";
import { prune } from "./graph/prune.js";
import { winogradConvolutions } from "./graph/winograd.js";
import { readOnnx } from "./io/read.js";
import { type AttributeNetwork, attributeNetwork, logitsName } from "./loss/attribute-network.js";
import { fusedLoss } from "./loss/fused-loss.js";
import { lossFeeds, lossTerms } from "./loss/request.js";
import { OnnxSession, type OnnxSessionOptions, SESSION_OPTIONS } from "./session/onnx-session.js";
import { onX64, runtimeFor } from "./session/runtime.js";
import { shapeText } from "./shapes/fact.js";

/** A network that can write itself as a graph, such as StyleGan2Generator and FactorRegressor of `@latentflow/models`. */
export interface OnnxExportable {
  toOnnx(): OnnxModel | Promise<OnnxModel>;
}

/** A graph, the bytes of an `.onnx` file, or a network that writes itself. */
export type OnnxSource = OnnxModel | Uint8Array | OnnxExportable;

/** Options of `onnxModel`. */
export interface OnnxModelOptions extends OnnxSessionOptions {
  /** Input w [n, d] or [n, layers, d]; output images [n, 3, height, width] or [n, height, width, 3] in about [-1, 1]. */
  readonly generator: OnnxSource;
  /** Input images, with its own clamp, resize and normalisation inside; one output [n, classes] an attribute, or one with all classes. */
  readonly regressor: OnnxSource;
  /** Names and classes. Default: the regressor's own, else its outputs' names and widths. */
  readonly attributes?: readonly Attribute[];
  /** Truncation towards the mean latent, applied to the edited code as in the paper (0.7 there). Default none. */
  readonly truncation?: { readonly psi: number; readonly meanLatent: Tensor1D | ArrayLike<number> };
  /** Input images, output [n, e] with rows of length 1: for losses with `originalEmbeddings` (equation 9). */
  readonly embedder?: OnnxSource;
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
  const own = ["generator", "regressor", "attributes", "truncation", "embedder", "winograd"];
  checkOptions("onnxModel", options, [...own, ...SESSION_OPTIONS], OnnxError);
  const { generator, regressor, attributes, truncation, embedder, winograd, ...session } = options;
  if (winograd !== undefined && typeof winograd !== "boolean") {
    throw new OnnxError(`onnxModel: expected winograd to be true or false, got ${describeValue(winograd)}.`);
  }
  const network = attributeNetwork({
    generator: await graphOf("generator", generator),
    regressor: await graphOf("regressor", regressor),
    embedder: embedder === undefined ? undefined : await graphOf("embedder", embedder),
    attributes: attributes ?? attributesOf(regressor),
    regressorNames: attributesOf(regressor)?.map(({ name }) => name),
    truncation: truncation && { psi: truncation.psi, meanLatent: await numbersIn(truncation.meanLatent) },
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
  return "toOnnx" in source ? source.toOnnx() : source;
}

/** A regressor of ours knows its attributes' names. */
function attributesOf(regressor: OnnxSource): readonly Attribute[] | undefined {
  return "attributes" in regressor && Array.isArray(regressor.attributes) ? (regressor.attributes as Attribute[]) : undefined;
}

async function numbersIn(values: Tensor1D | ArrayLike<number>): Promise<ArrayLike<number>> {
  return "dataSync" in values ? values.data() : values;
}

/** What `onnxModel` gives. */
export class OnnxAttributeModel implements AttributeModel {
  readonly latentDim: number;
  readonly numLayers?: number;
  readonly attributes: readonly Attribute[];
  private readonly sessions = new Map<string, Promise<OnnxSession>>();
  private disposed = false;

  /** Use `onnxModel`. */
  constructor(
    private readonly network: AttributeNetwork,
    private readonly options: OnnxSessionOptions,
    private readonly winograd?: boolean,
  ) {
    this.latentDim = network.latentDim;
    if (network.numLayers !== undefined) this.numLayers = network.numLayers;
    this.attributes = network.attributes;
  }

  /** Makes the session that every use needs, so that a missing runtime or an op that it refuses is an error at once. */
  async start(): Promise<void> {
    await this.session("forward");
  }

  /** Milliseconds that making the sessions so far took, without those that were shared. */
  async creationTime(): Promise<number> {
    const sessions = await Promise.all(this.sessions.values());
    return sessions.reduce((sum, session) => sum + session.creationTime, 0);
  }

  async synthesize(w: Tensor): Promise<Tensor4D> {
    // With the regressor, which costs next to nothing: a session of its own would hold the generator's weights a second time.
    const session = await this.session("forward");
    const { images } = await session.run({ w: await this.codes("synthesize", w) }, ["images"]);
    return toTensor(this.checkedImages("synthesize", images!, w));
  }

  async logits(w: Tensor): Promise<Tensor2D[]> {
    const session = await this.session("forward");
    const outputs = await session.run({ w: await this.codes("logits", w) }, this.logitsNames);
    return this.checkedLogits("logits", outputs, w).map((answer) => toTensor<Tensor2D>(answer));
  }

  async lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss): Promise<LossAndGradient> {
    const codes = await this.codes("lossAndGradient", w);
    if (typeof loss === "function") return this.customLoss(w, codes, loss);
    const feeds = await lossFeeds(this.network, loss, w.shape[0]!);
    const session = await this.session(loss.originalEmbeddings ? "identity" : "divergence");
    const outputs = await session.run({ w: codes, ...feeds });
    const logits = this.checkedLogits("lossAndGradient", outputs, w);
    const gradient = checked("lossAndGradient", "gradient", outputs[gradientName("w")]!, codes.dims);
    return {
      ...lossTerms(outputs, loss),
      logits: logits.map((answer) => toTensor<Tensor2D>(answer)),
      gradient: this.gradientLike(w, gradient),
    };
  }

  /** Ends the profiles that the option `profile` asked for: ONNX Runtime then writes them. */
  async endProfiling(): Promise<void> {
    for (const session of await Promise.all(this.sessions.values())) session.endProfiling();
  }

  /** Frees the sessions that no other model shares, after the runs that are under way. */
  dispose(): void {
    this.disposed = true;
    for (const session of this.sessions.values()) session.then((made) => made.dispose()).catch(() => undefined);
    this.sessions.clear();
  }

  /** The graph in the forms of convolution that are fastest where it runs. */
  private tuned(graph: OnnxModel): OnnxModel {
    const { providers = [], runtime = "auto" } = this.options;
    const onProcessor = providers.every((provider) => provider === "cpu" || provider === "wasm");
    const native = onProcessor && runtimeFor(runtime, providers) === "onnxruntime-node";
    const split = onProcessor ? splitTransposedConvolutions(graph) : graph;
    return (this.winograd ?? (native && onX64)) ? winogradConvolutions(split) : split;
  }

  private get logitsNames(): string[] {
    return this.attributes.map((_, k) => logitsName(k));
  }

  private session(kind: "forward" | "divergence" | "identity" | "pullback"): Promise<OnnxSession> {
    if (this.disposed) throw new OnnxError("onnxModel: expected a model in use, got one that was disposed.");
    const known = this.sessions.get(kind);
    if (known) return known;
    const graph = this.graph(kind);
    const made = OnnxSession.create(this.tuned(graph), this.options);
    this.sessions.set(kind, made);
    made.catch(() => this.sessions.delete(kind));
    return made;
  }

  private graph(kind: "forward" | "divergence" | "identity" | "pullback"): OnnxModel {
    const { model } = this.network;
    const only = (...names: string[]) => prune({ ...model, outputs: model.outputs.filter(({ name }) => names.includes(name)) });
    const outputs = ["images", ...this.logitsNames];
    if (kind === "forward") return only(...outputs);
    if (kind === "pullback") return differentiate(only(...outputs), { outputs, wrt: ["w"] });
    return fusedLoss(this.network, kind);
  }

  /** The loss of logits and images by tfjs, then its cotangents through the graph: the network runs twice. */
  private async customLoss(w: Tensor, codes: OnnxTensor, loss: CustomLoss): Promise<LossAndGradient> {
    const names = [...this.logitsNames, "images"];
    const outputs = await (await this.session("forward")).run({ w: codes }, names);
    this.checkedLogits("lossAndGradient", outputs, w);
    this.checkedImages("lossAndGradient", outputs.images!, w);
    const values = names.map((name) => toTensor<Tensor>(outputs[name]!));
    const images = values.at(-1) as Tensor4D;
    const logits = values.slice(0, -1) as Tensor2D[];
    // A loss need not use all of them: those have no gradient.
    const { value, grads } = engine().gradients(() => loss(logits, images), values, undefined, true) as {
      value: Scalar;
      grads: (Tensor | null)[];
    };
    const cotangents = await Promise.all(
      names.map(async (name, i): Promise<[string, OnnxTensor]> => {
        const { dims, data } = outputs[name]!;
        const gradient = grads[i];
        return [
          cotangentName(name),
          floats(dims, gradient ? ((await gradient.data()) as Float32Array) : new Float32Array(data.length)),
        ];
      }),
    );
    const attribute = (await value.data())[0]!;
    for (const item of [value, images, ...grads]) item?.dispose();
    const session = await this.session("pullback");
    const pulled = await session.run({ w: codes, ...Object.fromEntries(cotangents) }, [gradientName("w")]);
    const gradient = checked("lossAndGradient", "gradient", pulled[gradientName("w")]!, codes.dims);
    return { attribute, preservation: 0, logits, gradient: this.gradientLike(w, gradient) };
  }

  /** One row of classes an image, for each attribute: whatever else a graph answers with, images of another size are behind it. */
  private checkedLogits(caller: string, outputs: Readonly<Record<string, OnnxTensor>>, w: Tensor): OnnxTensor[] {
    return this.attributes.map(({ name, classes }, k) => {
      return checked(caller, `logits of "${name}"`, outputs[logitsName(k)]!, [w.shape[0]!, classes]);
    });
  }

  private checkedImages(caller: string, images: OnnxTensor, w: Tensor): OnnxTensor {
    const [, height, width] = images.dims;
    return checked(caller, "images", images, [w.shape[0]!, height ?? Number.NaN, width ?? Number.NaN, 3]);
  }

  /** The numbers of w in the generator's shape: a code in W is the same row for every layer of a W+ generator. */
  private async codes(caller: string, w: Tensor): Promise<OnnxTensor> {
    const { latentDim, numLayers } = this;
    const shape = w.shape;
    const asW = shape.length === 2 && shape[1] === latentDim;
    const asRows = numLayers !== undefined && shape.length === 3 && shape[1] === numLayers && shape[2] === latentDim;
    if (!asW && !asRows) {
      const rows = numLayers === undefined ? "" : ` or [n, ${numLayers}, ${latentDim}]`;
      throw new OnnxError(`${caller}: expected w [n, ${latentDim}]${rows}, got [${shape.join(", ")}].`);
    }
    const { batch = shape[0]! } = this.network;
    if (shape[0] !== batch)
      throw new OnnxError(
        `${caller}: expected ${batch} codes, for which the generator was exported, got ${shape[0]}; export it with dynamic_axes.`,
      );
    const data = (await w.data()) as Float32Array;
    if (asRows || numLayers === undefined) return floats(shape, data);
    const rows = new Float32Array(data.length * numLayers);
    for (let i = 0; i < shape[0]!; i++) {
      for (let row = 0; row < numLayers; row++)
        rows.set(data.subarray(i * latentDim, (i + 1) * latentDim), (i * numLayers + row) * latentDim);
    }
    return floats([shape[0]!, numLayers, latentDim], rows);
  }

  /** The gradient in the shape of w: summed over the rows when one row stood for all. */
  private gradientLike(w: Tensor, gradient: OnnxTensor): Tensor {
    if (gradient.dims.length === w.rank) return toTensor(gradient);
    const [n, rows, d] = gradient.dims as [number, number, number];
    const sums = new Float32Array(n * d);
    for (let i = 0; i < n * rows; i++) {
      for (let k = 0; k < d; k++) sums[Math.floor(i / rows) * d + k]! += Number(gradient.data[i * d + k]);
    }
    return tensor(sums, [n, d]);
  }
}

function checked(caller: string, what: string, answer: OnnxTensor, dims: readonly number[]): OnnxTensor {
  if (answer.type === "float32" && answer.dims.join() === dims.join()) return answer;
  throw new OnnxError(
    `${caller}: expected ${what} ${shapeText(dims)} from the graph, got ${answer.type} ${shapeText(answer.dims)}; do the generator's images have the size that the regressor was trained for?`,
  );
}

function toTensor<T extends Tensor = Tensor4D>({ dims, data }: OnnxTensor): T {
  return tensor(data as Float32Array, [...dims], "float32") as T;
}
