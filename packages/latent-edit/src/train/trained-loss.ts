import type { AttributeModel, LossAndGradient } from "@latentflow/core";
import { argMax, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import type { TrainSettings } from "../directions/train-settings.js";
import type { Parts } from "../tensors/finite.js";
import { type Own, owning } from "../tensors/owning.js";
import type { Score } from "./history.js";
import type { TrainOptions } from "./settings.js";

/** One batch as drawn: which codes, how far, to which class. */
export interface Batch {
  readonly rows: Int32Array;
  readonly t: number;
  readonly target: number;
}

/** What of the options says which loss is trained. */
export type LossChoice = Pick<TrainOptions, "identity" | "loss">;

/** The model's answer to the loss being trained: the paper's, with its identity term, or one of the caller's. */
export async function askForLoss(
  own: Own,
  model: AttributeModel,
  { w, ends, originalLogits }: { w: Tensor; ends: Tensor; originalLogits: readonly Tensor2D[] },
  { target, t }: Batch,
  { attribute, temperature, preservationWeight }: TrainSettings,
  { identity, loss }: LossChoice,
): Promise<LossAndGradient> {
  const originalEmbeddings = identity && own(await embed(own, model, w, identity));
  const request = { attributeIndex: attribute.index, target, originalLogits, temperature, preservationWeight };
  const answer = await model.lossAndGradient(
    ends,
    loss?.({ target, originalLogits, t }) ?? (originalEmbeddings ? { ...request, originalEmbeddings } : request),
  );
  own([answer.gradient, ...answer.logits]);
  return answer;
}

/** What of an answer must be finite, in the order in which one comes of the other. */
export function partsOf({ attributeLoss, preservationLoss, logits, gradient }: LossAndGradient): Parts {
  return {
    "the model's logits at the end points": logits,
    "the attribute loss": attributeLoss,
    "the preservation loss": preservationLoss,
    "the gradient with respect to w": gradient,
  };
}

/** The answer as a record of the history. */
export async function scoreOf(
  { attributeLoss, preservationLoss, logits }: LossAndGradient,
  { target }: Batch,
  settings: TrainSettings,
): Promise<Score> {
  const accuracy = await accuracyOf(logits[settings.attribute.index]!, target);
  return { total: attributeLoss + settings.preservationWeight * preservationLoss, attributeLoss, preservationLoss, accuracy };
}

async function embed(
  own: Own,
  model: AttributeModel,
  w: Tensor,
  embedder: NonNullable<LossChoice["identity"]>,
): Promise<Tensor2D> {
  const images = own(await model.synthesize(w));
  return tidy(() => embedder.embed(images));
}

/** Share of rows whose largest logit is the target's. */
export function accuracyOf(logits: Tensor2D, target: number): Promise<number> {
  return owning(async (own) => {
    const values = await own(tidy(() => argMax(logits, 1))).data();
    let right = 0;
    for (const label of values) if (label === target) right++;
    return right / values.length;
  });
}
