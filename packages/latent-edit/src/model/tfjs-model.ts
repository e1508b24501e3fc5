import "@latentflow/backend/gradients";
import {
  type Attribute,
  type AttributeModel,
  type CustomLoss,
  type DeclaredOptions,
  describeValue,
  type Embedder,
  type Generator,
  type GivenOptions,
  isGiven,
  type LossAndGradient,
  type LossRequest,
  type Regressor,
  readOptions,
} from "@latentflow/core";
import {
  add,
  dispose,
  keep,
  mul,
  type Scalar,
  type Tensor,
  type Tensor2D,
  type Tensor4D,
  tidy,
  valueAndGrad,
} from "@tensorflow/tfjs-core";
import { LatentEditError } from "../errors.js";
import { checkCodes } from "../input/checks.js";
import { releaseTape } from "../tensors/release-tape.js";
import { attributeLoss, identityLoss, preservationLoss } from "./losses.js";
import { checkFeatures, checkImages, checkLogits, checkLoss } from "./outputs.js";
import { TRUNCATION, withTruncation } from "./truncation.js";

const TFJS_MODEL = {
  generator: { is: isGiven<Generator>, expected: "a generator" },
  regressor: { is: isGiven<Regressor>, expected: "a regressor" },
  /** Truncation towards the mean latent, applied to the edited code as in the paper (0.7 there). Default none. */
  truncation: { optional: true, options: TRUNCATION },
  /** For losses with `originalEmbeddings` (equation 9). */
  embedder: { optional: true, check: checkEmbedder },
  /** A second classifier, whose `features` the model then gives in place of the regressor's. Its answers count for nothing else. */
  judge: { optional: true, check: checkJudge },
} as const satisfies DeclaredOptions;

export interface TfjsModelOptions extends GivenOptions<typeof TFJS_MODEL> {}

/**
 * The frozen half of an edit on tfjs: plain differentiable functions of a generator and a regressor, on whatever backend is active. The gradient
 * with respect to w comes from tfjs' own differentiation. Disposing the model disposes nothing of the generator or the regressor.
 */
export function tfjsModel(options: TfjsModelOptions): AttributeModel {
  const settings = readOptions("tfjsModel", TFJS_MODEL, options, LatentEditError);
  const { regressor, truncation, embedder, judge } = settings;
  checkFrozenHalf("tfjsModel", settings.generator, regressor);
  const generator =
    truncation === undefined
      ? settings.generator
      : withTruncation(settings.generator, truncation.psi, truncation.meanLatent, truncation.cutoff);
  return new TfjsModel(generator, regressor, embedder, judge ?? regressor);
}

/** Throws unless these are a generator and a regressor, as far as can be told without asking them. */
export function checkFrozenHalf(caller: string, generator: unknown, regressor: unknown): void {
  const { synthesize, latentDim } = (generator ?? {}) as Partial<Generator>;
  const { logits, attributes } = (regressor ?? {}) as Partial<Regressor>;
  if (typeof synthesize !== "function" || typeof logits !== "function") {
    throw new LatentEditError(`${caller}: expected a generator with synthesize(w) and a regressor with logits(images).`);
  }
  const isList = Array.isArray(attributes) && attributes.length > 0;
  const named = isList && attributes.every((one) => typeof one?.name === "string" && Number.isInteger(one.classes));
  if (Number.isInteger(latentDim) && named) return;
  throw new LatentEditError(
    `${caller}: expected a generator with latentDim and a regressor with attributes, each { name, classes }, got ${describeValue(latentDim)} and ${describeValue(attributes)}.`,
  );
}

function checkEmbedder(caller: string, embedder: Embedder): Embedder {
  if (typeof embedder?.embed === "function") return embedder;
  throw new LatentEditError(`${caller}: expected an embedder with embed(images), got ${describeValue(embedder)}.`);
}

function checkJudge(caller: string, judge: Regressor): Regressor {
  if (typeof judge?.features === "function") return judge;
  throw new LatentEditError(`${caller}: expected a judge with features(images), got ${describeValue(judge)}.`);
}

class TfjsModel implements AttributeModel {
  readonly latentDim: number;
  readonly rowCount?: number;
  readonly attributes: readonly Attribute[];
  readonly features?: (w: Tensor) => Promise<Tensor2D>;
  readonly embed?: (w: Tensor) => Promise<Tensor2D>;

  constructor(
    private readonly generator: Generator,
    private readonly regressor: Regressor,
    private readonly embedder: Embedder | undefined,
    judge: Regressor,
  ) {
    this.latentDim = generator.latentDim;
    if (generator.rowCount !== undefined) this.rowCount = generator.rowCount;
    this.attributes = regressor.attributes;
    if (judge.features !== undefined) this.features = (w) => this.featuresBy(judge as Required<Regressor>, w);
    if (embedder !== undefined) this.embed = (w) => this.embeddings(embedder, w);
  }

  async synthesize(w: Tensor): Promise<Tensor4D> {
    checkCodes("synthesize", w, this.latentDim);
    return tidy(() => this.images("synthesize", w));
  }

  async logits(w: Tensor): Promise<Tensor2D[]> {
    checkCodes("logits", w, this.latentDim);
    return tidy(() => this.predictions("logits", this.images("logits", w)));
  }

  async lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss): Promise<LossAndGradient> {
    checkCodes("lossAndGradient", w, this.latentDim);
    let logits: Tensor2D[] = [];
    let terms: Scalar[] = [];
    const total = (code: Tensor): Scalar => {
      const images = this.images("lossAndGradient", code);
      const predicted = this.predictions("lossAndGradient", images);
      const [attribute, preservation, weight = 1] = this.terms(predicted, images, loss);
      logits = predicted.map((x) => keep(x.clone()));
      terms = [attribute, preservation].filter((x) => x !== undefined).map((x) => keep(x.clone()));
      return preservation === undefined ? attribute : (add(attribute, mul(preservation, weight)) as Scalar);
    };
    try {
      const { value, grad: gradient } = tidy(() => valueAndGrad(total)(w));
      value.dispose();
      const [attributeLoss = 0, preservationLoss = 0] = await Promise.all(terms.map(async (x) => (await x.data())[0]!));
      return { attributeLoss, preservationLoss, logits, gradient };
    } catch (error) {
      dispose(logits);
      releaseTape();
      throw error;
    } finally {
      dispose(terms);
    }
  }

  dispose(): void {}

  private async featuresBy(judge: Required<Regressor>, w: Tensor): Promise<Tensor2D> {
    checkCodes("features", w, this.latentDim);
    return tidy(() => {
      const images = this.images("features", w);
      return checkFeatures("features", judge.features(images), images);
    });
  }

  private async embeddings(embedder: Embedder, w: Tensor): Promise<Tensor2D> {
    checkCodes("embed", w, this.latentDim);
    return tidy(() => {
      const images = this.images("embed", w);
      return checkFeatures("embed", embedder.embed(images), images);
    });
  }

  private images(caller: string, w: Tensor): Tensor4D {
    return checkImages(caller, this.generator.synthesize(w), w);
  }

  private predictions(caller: string, images: Tensor4D): Tensor2D[] {
    return checkLogits(caller, this.regressor.logits(images), this.attributes, images);
  }

  private terms(logits: Tensor2D[], images: Tensor4D, loss: LossRequest | CustomLoss): [Scalar, Scalar?, number?] {
    if (typeof loss === "function") return [checkLoss("lossAndGradient", loss(logits, images))];
    const attribute = attributeLoss(logits[loss.attributeIndex]!, loss.target, loss.temperature, loss.codeWeights);
    return [attribute, this.preservation(logits, images, loss), loss.preservationWeight];
  }

  private preservation(logits: Tensor2D[], images: Tensor4D, loss: LossRequest): Scalar {
    if (loss.originalEmbeddings === undefined)
      return preservationLoss(logits, loss.originalLogits, loss.attributeIndex, loss.temperature, loss.preservation);
    if (this.embedder === undefined) {
      throw new LatentEditError(
        "lossAndGradient: expected a model with an embedder for originalEmbeddings; pass one to tfjsModel.",
      );
    }
    return identityLoss(this.embedder)(images, loss.originalEmbeddings);
  }
}
