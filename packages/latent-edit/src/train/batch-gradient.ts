import type { AttributeModel, LossRequest } from "@latentflow/core";
import { dispose, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import type { Direction } from "../direction.js";
import type { Score } from "./history.js";
import { pullBack } from "./pull-back.js";
import type { TrainOptions, TrainSettings } from "./settings.js";
import type { StartCodes } from "./start-codes.js";
import { accuracyOf } from "./validate.js";

/** One batch as drawn: which codes, how far, to which class. */
export interface Batch {
  readonly rows: Int32Array;
  readonly t: number;
  readonly target: number;
}

/** Loss and gradient of one batch: flow, the model's answer at the end points, and the pull-back. The caller disposes the gradients. */
export async function batchGradient(
  direction: Direction,
  model: AttributeModel,
  pool: StartCodes,
  batch: Batch,
  settings: TrainSettings,
  options: Pick<TrainOptions, "identity" | "loss">,
): Promise<{ score: Score; gradients: Tensor[] }> {
  const { attribute, temperature, preservation: weight, gradient, cacheLogits } = settings;
  const w = pool.tensor(batch.rows);
  const originalLogits = cacheLogits ? await pool.logits(batch.rows) : await model.logits(w);
  const originalEmbeddings = options.identity && (await embed(model, w, options.identity));
  const moved = tidy(() => direction.flow(w, batch.t, { gradient }));
  const request: LossRequest = {
    attribute: attribute.index,
    target: batch.target,
    originalLogits,
    temperature,
    preservation: weight,
    ...(originalEmbeddings && { originalEmbeddings }),
  };
  const loss = options.loss?.({ target: batch.target, originalLogits, t: batch.t }) ?? request;
  const answer = await model.lossAndGradient(moved, loss);
  const gradients = pullBack(direction, w, batch.t, answer.gradient, gradient);
  const accuracy = await accuracyOf(answer.logits[attribute.index]!, batch.target);
  dispose([w, moved, answer.gradient, ...answer.logits, ...originalLogits, ...(originalEmbeddings ? [originalEmbeddings] : [])]);
  const { attribute: attributeTerm, preservation } = answer;
  return { score: { total: attributeTerm + weight * preservation, attribute: attributeTerm, preservation, accuracy }, gradients };
}

async function embed(model: AttributeModel, w: Tensor2D, embedder: NonNullable<TrainOptions["identity"]>): Promise<Tensor2D> {
  const images = await model.synthesize(w);
  const embeddings = tidy(() => embedder.embed(images));
  images.dispose();
  return embeddings;
}
