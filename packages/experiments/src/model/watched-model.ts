import type { AttributeModel, CustomLoss, LossAndGradient, LossRequest } from "@latentflow/core";
import { dispose, type Tensor } from "@tensorflow/tfjs-core";
import { ExperimentsError } from "../errors.js";

/**
 * A model that counts the images asked of it, and refuses a loss that is not a number before any weight has taken a step from it: the checkpoint
 * written last is then still a good one.
 */
export class WatchedModel implements AttributeModel {
  readonly latentDim: number;
  readonly numLayers?: number;
  images = 0;

  constructor(private readonly inner: AttributeModel) {
    this.latentDim = inner.latentDim;
    if (inner.numLayers !== undefined) this.numLayers = inner.numLayers;
  }

  get attributes() {
    return this.inner.attributes;
  }

  async synthesize(w: Tensor) {
    this.images += w.shape[0]!;
    return this.inner.synthesize(w);
  }

  async logits(w: Tensor) {
    this.images += w.shape[0]!;
    return this.inner.logits(w);
  }

  async lossAndGradient(w: Tensor, loss: LossRequest | CustomLoss): Promise<LossAndGradient> {
    this.images += w.shape[0]!;
    const result = await this.inner.lossAndGradient(w, loss);
    const { attribute, preservation } = result;
    if (Number.isFinite(attribute) && Number.isFinite(preservation)) return result;
    dispose([result.gradient, ...result.logits]);
    throw new ExperimentsError(
      `train: expected a finite loss, got attribute ${attribute}, preservation ${preservation}. The state before is kept; try a smaller train.learningRate, and look at the generator's images.`,
    );
  }

  dispose(): void {
    this.inner.dispose();
  }
}
