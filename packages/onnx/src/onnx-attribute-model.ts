import {
  type Attribute,
  type AttributeModel,
  type CustomLoss,
  describeValue,
  type LossAndGradient,
  type LossRequest,
} from "@latentflow/core";
import { dispose, type Tensor, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs-core";
import { OnnxError } from "./errors.js";
import { cotangentName, differentiate, gradientName } from "./gradients/differentiate.js";
import type { OnnxModel, OnnxTensor } from "./graph/model.js";
import { prune } from "./graph/prune.js";
import { type AttributeNetwork, logitsName } from "./loss/attribute-network.js";
import { codesOf, gradientLike } from "./loss/codes.js";
import { evaluateCustomLoss } from "./loss/custom-loss.js";
import { fusedLoss, type LossKind } from "./loss/fused-loss.js";
import { activationBytes, runInParts } from "./loss/in-parts.js";
import { lossFeeds, lossKind, lossTerms } from "./loss/request.js";
import { OnnxSession, type OnnxSessionOptions } from "./session/onnx-session.js";
import { tuneConvolutions } from "./session/tune.js";
import { checkedAnswer, toTensor } from "./tensors.js";

/** The graphs that are run, each with a session of its own. */
type Kind = "forward" | "features" | "embedding" | LossKind | "pullback";
type Outputs = Readonly<Record<string, OnnxTensor>>;

/** What `onnxModel` gives. */
export class OnnxAttributeModel implements AttributeModel {
  readonly latentDim: number;
  readonly rowCount?: number;
  readonly attributes: readonly Attribute[];
  readonly features?: (w: Tensor) => Promise<Tensor2D>;
  readonly embed?: (w: Tensor) => Promise<Tensor2D>;
  private readonly sessions = new Map<string, Promise<OnnxSession>>();
  private rowBytes: number | undefined;
  private disposed = false;

  /** Use `onnxModel`. */
  constructor(
    private readonly network: AttributeNetwork,
    private readonly options: OnnxSessionOptions,
    private readonly how: { readonly winograd?: boolean | undefined; readonly batchMemory: number } = {
      batchMemory: Number.POSITIVE_INFINITY,
    },
  ) {
    if (network?.model === undefined)
      throw new OnnxError(
        `OnnxAttributeModel: expected to be made by onnxModel({ generator, regressor }), got ${describeValue(network)}.`,
      );
    this.latentDim = network.latentDim;
    if (network.rowCount !== undefined) this.rowCount = network.rowCount;
    this.attributes = network.attributes;
    const { featureCount, embeddingSize } = network;
    if (featureCount !== undefined) this.features = (w) => this.rowsOf("features", "features", w, featureCount);
    if (embeddingSize !== undefined) this.embed = (w) => this.rowsOf("embed", "embedding", w, embeddingSize);
  }

  /** Makes the session that every use needs, so that a missing runtime or an op that it refuses is an error at once. */
  async start(): Promise<void> {
    await this.session("onnxModel", "forward");
  }

  /** Milliseconds that making the sessions so far took, without those that were shared. */
  async creationTime(): Promise<number> {
    const sessions = await Promise.all(this.sessions.values());
    return sessions.reduce((sum, session) => sum + session.creationTime, 0);
  }

  async synthesize(w: Tensor): Promise<Tensor4D> {
    // With the regressor, which costs next to nothing: a session of its own would hold the generator's weights a second time.
    const session = await this.session("synthesize", "forward");
    const codes = await codesOf("synthesize", w, this.network);
    const outputs = await runInParts(session, { w: codes }, { rows: this.forwardRows, fetches: ["images"] });
    return toTensor(checkedImages("synthesize", outputs, codes));
  }

  async logits(w: Tensor): Promise<Tensor2D[]> {
    const session = await this.session("logits", "forward");
    const codes = await codesOf("logits", w, this.network);
    const outputs = await runInParts(session, { w: codes }, { rows: this.forwardRows, fetches: this.logitsNames });
    return this.checkedLogits("logits", outputs, codes).map((answer) => toTensor<Tensor2D>(answer));
  }

  private async rowsOf(caller: string, output: "features" | "embedding", w: Tensor, width: number): Promise<Tensor2D> {
    // A session of its own, made when it is first needed: few ask for these, and all others would wait for the judge or the embedder.
    const session = await this.session(caller, output);
    const codes = await codesOf(caller, w, this.network);
    const answers = await runInParts(session, { w: codes }, { rows: this.forwardRows, fetches: [output] });
    return toTensor<Tensor2D>(checkedAnswer(caller, output, answers[output]!, [codes.dims[0]!, width]));
  }

  async lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss): Promise<LossAndGradient> {
    this.checkInUse("lossAndGradient");
    const codes = await codesOf("lossAndGradient", w, this.network);
    if (typeof loss === "function") return this.customLoss(w, codes, loss);
    const feeds = await lossFeeds(this.network, loss, codes.dims[0]!);
    const session = await this.session("lossAndGradient", lossKind(loss));
    const outputs = await runInParts(session, { w: codes, ...feeds }, { rows: this.gradientRows, ofMean: true });
    const logits = this.checkedLogits("lossAndGradient", outputs, codes);
    const gradient = checkedGradient(outputs, codes);
    return {
      ...lossTerms(this.network, outputs, loss),
      logits: logits.map((answer) => toTensor<Tensor2D>(answer)),
      gradient: gradientLike(w, gradient),
    };
  }

  /** Ends the profiles that the option `profile` asked for: ONNX Runtime then writes them. */
  async endProfiling(): Promise<void> {
    this.checkInUse("endProfiling");
    for (const session of await Promise.all(this.sessions.values())) session.endProfiling();
  }

  /** Frees the sessions that no other model shares, after the runs that are under way. */
  dispose(): void {
    this.disposed = true;
    for (const session of this.sessions.values()) session.then((made) => made.dispose()).catch(() => undefined);
    this.sessions.clear();
  }

  /** Rows of which a gradient is taken at once. */
  private get gradientRows(): number {
    return this.rowsAtOnce(1);
  }

  /** Rows that are run at once without a gradient, for which less is kept. */
  private get forwardRows(): number {
    return this.rowsAtOnce(1.5);
  }

  private rowsAtOnce(factor: number): number {
    if (this.network.batch !== undefined) return this.network.batch;
    this.rowBytes ??= activationBytes(this.network.model);
    return Math.max(1, Math.floor((factor * this.how.batchMemory) / this.rowBytes));
  }

  private get logitsNames(): string[] {
    return this.attributes.map((_, k) => logitsName(k));
  }

  private checkInUse(caller: string): void {
    if (this.disposed) throw new OnnxError(`${caller}: expected a model in use, got one that was disposed.`);
  }

  private session(caller: string, kind: Kind): Promise<OnnxSession> {
    this.checkInUse(caller);
    const known = this.sessions.get(kind);
    if (known) return known;
    const graph = this.graph(kind);
    const made = OnnxSession.create(tuneConvolutions(graph, this.options, this.how.winograd), this.options);
    this.sessions.set(kind, made);
    made.catch(() => this.sessions.delete(kind));
    return made;
  }

  private graph(kind: Kind): OnnxModel {
    const { model } = this.network;
    const only = (...names: string[]) => prune({ ...model, outputs: model.outputs.filter(({ name }) => names.includes(name)) });
    const outputs = ["images", ...this.logitsNames];
    if (kind === "forward") return only(...outputs);
    if (kind === "features" || kind === "embedding") return only(kind);
    if (kind === "pullback") return differentiate(only(...outputs), { outputs, wrt: ["w"] });
    return fusedLoss(this.network, kind);
  }

  /** The loss of logits and images by tfjs, then its cotangents through the graph: the network runs twice. */
  private async customLoss(w: Tensor, codes: OnnxTensor, loss: CustomLoss): Promise<LossAndGradient> {
    const names = [...this.logitsNames, "images"];
    const forward = await this.session("lossAndGradient", "forward");
    const outputs = await runInParts(forward, { w: codes }, { rows: this.forwardRows, fetches: names });
    const answers = this.checkedLogits("lossAndGradient", outputs, codes);
    const images = toTensor(checkedImages("lossAndGradient", outputs, codes));
    const logits = answers.map((answer) => toTensor<Tensor2D>(answer));
    try {
      const { value, cotangents } = await evaluateCustomLoss(loss, logits, images);
      const feeds = Object.fromEntries(names.map((name, i) => [cotangentName(name), cotangents[i]!]));
      const session = await this.session("lossAndGradient", "pullback");
      const asked = { rows: this.gradientRows, fetches: [gradientName("w")] };
      const pulled = await runInParts(session, { w: codes, ...feeds }, asked);
      return { attributeLoss: value, preservationLoss: 0, logits, gradient: gradientLike(w, checkedGradient(pulled, codes)) };
    } catch (error) {
      dispose(logits);
      throw error;
    } finally {
      images.dispose();
    }
  }

  /** One row of classes an image, for each attribute. */
  private checkedLogits(caller: string, outputs: Outputs, codes: OnnxTensor): OnnxTensor[] {
    return this.attributes.map(({ name, classes }, k) =>
      checkedAnswer(caller, `logits of "${name}"`, outputs[logitsName(k)]!, [codes.dims[0]!, classes]),
    );
  }
}

function checkedImages(caller: string, { images }: Outputs, codes: OnnxTensor): OnnxTensor {
  const [, height = 0, width = 0] = images!.dims;
  return checkedAnswer(caller, "images", images!, [codes.dims[0]!, height, width, 3]);
}

function checkedGradient(outputs: Outputs, codes: OnnxTensor): OnnxTensor {
  return checkedAnswer("lossAndGradient", "a gradient", outputs[gradientName("w")]!, codes.dims);
}
