import type { AttributeModel, CustomLoss, LossAndGradient, LossRequest } from "@latentflow/core";
import { dispose, type Tensor, type Tensor2D } from "@tensorflow/tfjs-core";
import { EngineError } from "./errors.js";

/**
 * A model that counts the images asked of it and refuses answers of another shape than the question's, and answers that are not numbers: logits,
 * which would silently count as the first class, and losses and gradients before any weight has taken a step from them, so that the checkpoint
 * written last is still a good one.
 */
export class WatchedModel implements AttributeModel {
  readonly latentDim: number;
  readonly rowCount?: number;
  readonly features?: (w: Tensor) => Promise<Tensor2D>;
  readonly embed?: (w: Tensor) => Promise<Tensor2D>;
  images = 0;

  constructor(private readonly inner: AttributeModel) {
    this.latentDim = inner.latentDim;
    if (inner.rowCount !== undefined) this.rowCount = inner.rowCount;
    const whole = inner as Required<AttributeModel>;
    if (inner.features !== undefined) this.features = (w) => this.rowsOf(w, "features", (codes) => whole.features(codes));
    if (inner.embed !== undefined) this.embed = (w) => this.rowsOf(w, "embeddings", (codes) => whole.embed(codes));
  }

  get attributes() {
    return this.inner.attributes;
  }

  async synthesize(w: Tensor) {
    this.images += w.shape[0]!;
    const images = await this.inner.synthesize(w);
    const [, height, width] = images.shape;
    checkShapes([images], [[w.shape[0]!, height!, width!, 3]], "images");
    return images;
  }

  async logits(w: Tensor) {
    this.images += w.shape[0]!;
    const logits = await this.inner.logits(w);
    checkShapes(logits, this.logitShapes(w), "logits");
    if (await areFinite(logits)) return logits;
    dispose(logits);
    throw new EngineError(
      "model: expected finite logits, got NaN or infinity. Look at the generator's images; where they break along an edit, edit less far (in an experiment: a smaller evaluate.maxTime).",
    );
  }

  async lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss): Promise<LossAndGradient> {
    this.images += w.shape[0]!;
    const result = await this.inner.lossAndGradient(w, loss);
    const { attributeLoss, preservationLoss } = result;
    checkShapes([...result.logits, result.gradient], [...this.logitShapes(w), w.shape], "logits and a gradient");
    const finite = Number.isFinite(attributeLoss) && Number.isFinite(preservationLoss);
    if (finite && (await areFinite([result.gradient]))) return result;
    dispose([result.gradient, ...result.logits]);
    const what = finite
      ? "gradient, got NaN or infinity"
      : `loss, got attribute ${attributeLoss}, preservation ${preservationLoss}`;
    throw new EngineError(
      `train: expected a finite ${what}. The state before is kept; try a smaller learning rate (in an experiment: train.learningRate), and look at the generator's images.`,
    );
  }

  dispose(): void {
    this.inner.dispose();
  }

  private async rowsOf(w: Tensor, what: string, ask: (w: Tensor) => Promise<Tensor2D>): Promise<Tensor2D> {
    this.images += w.shape[0]!;
    const rows = await ask(w);
    checkShapes([rows], [[w.shape[0]!, rows.shape[1]!]], what);
    if (await areFinite([rows])) return rows;
    rows.dispose();
    throw new EngineError(`model: expected finite ${what}, got NaN or infinity. Look at the generator's images.`);
  }

  private logitShapes(w: Tensor): number[][] {
    return this.attributes.map(({ classes }) => [w.shape[0]!, classes]);
  }
}

/** A regressor for images of another size may answer all the same, with as many rows as it finds images of its own size. */
function checkShapes(answers: readonly Tensor[], wanted: readonly (readonly number[])[], what: string): void {
  const text = (shapes: readonly (readonly number[])[]) => shapes.map((shape) => `[${shape.join(", ")}]`).join(", ");
  const got = answers.map(({ shape }) => shape);
  if (text(got) === text(wanted)) return;
  dispose([...answers]);
  throw new EngineError(
    `model: expected ${what} ${text(wanted)}, got ${text(got)}. Do the generator's images have the size that the regressor was trained for?`,
  );
}

async function areFinite(tensors: readonly Tensor[]): Promise<boolean> {
  const values = await Promise.all(tensors.map((tensor) => tensor.data()));
  return values.every((data) => data.every(Number.isFinite));
}
