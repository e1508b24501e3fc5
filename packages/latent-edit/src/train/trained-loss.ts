import type { AttributeModel, LossAndGradient, Preservation } from "@latentflow/core";
import { argMax, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import type { TrainSettings } from "../directions/train-settings.js";
import type { CodeDensity } from "../model/code-density.js";
import type { Parts } from "../tensors/finite.js";
import { owning, type TakeOwnership } from "../tensors/owning.js";
import { type Batch, longest } from "./draw-batch.js";
import type { Score } from "./history.js";
import type { TrainOptions } from "./settings.js";

/** What beside the settings says which loss is trained. */
export interface LossChoice extends Pick<TrainOptions, "identity" | "loss"> {
  /** Where codes live; absent where the third term has no weight. */
  readonly density?: CodeDensity | undefined;
}

/** The second term, as engines and losses take it. */
export function preservationOf(settings: TrainSettings, attributes: AttributeModel["attributes"]): Preservation {
  const { divergence, preservationTemperature, originalTemperature, attributeScale } = settings;
  return {
    divergence,
    temperature: preservationTemperature,
    originalTemperature,
    ...(attributeScale === "log-classes" && { attributeWeights: attributes.map(({ classes }) => 1 / Math.log(classes)) }),
  };
}

/** The model's answer to the loss being trained: the paper's, with its identity term, or one of the caller's. */
export async function askForLoss(
  own: TakeOwnership,
  model: AttributeModel,
  { w, ends, originalLogits }: { w: Tensor; ends: Tensor; originalLogits: readonly Tensor2D[] },
  batch: Batch,
  settings: TrainSettings,
  { identity, loss }: LossChoice,
): Promise<LossAndGradient> {
  const { target, codeWeights } = batch;
  const { attribute, temperature, preservationWeight } = settings;
  const originalEmbeddings = identity && own(await embed(own, model, w, identity));
  const request = {
    ...{ attributeIndex: attribute.index, target, originalLogits, temperature, preservationWeight },
    ...(codeWeights && { codeWeights }),
    ...(originalEmbeddings ? { originalEmbeddings } : { preservation: preservationOf(settings, model.attributes) }),
  };
  const answer = await model.lossAndGradient(ends, loss?.({ target, originalLogits, t: longest(batch) }) ?? request);
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

/** The answer as a record of the history. @param codesLoss the third term, before its weight; undefined where it has none */
export async function scoreOf(
  { attributeLoss, preservationLoss, logits }: LossAndGradient,
  { target, codeWeights }: Batch,
  settings: TrainSettings,
  codesLoss?: number,
): Promise<Score> {
  const accuracy = await accuracyOf(logits[settings.attribute.index]!, target, codeWeights);
  return totalled({ attributeLoss, preservationLoss, accuracy, ...(codesLoss !== undefined && { codesLoss }) }, settings);
}

/** A score with the sum of its terms. */
export function totalled(terms: Omit<Score, "total">, { preservationWeight, codesWeight }: TrainSettings): Score {
  const { attributeLoss, preservationLoss, codesLoss = 0 } = terms;
  return { total: attributeLoss + preservationWeight * preservationLoss + codesWeight * codesLoss, ...terms };
}

async function embed(
  own: TakeOwnership,
  model: AttributeModel,
  w: Tensor,
  embedder: NonNullable<LossChoice["identity"]>,
): Promise<Tensor2D> {
  if (embedder === "model") return (model as Required<AttributeModel>).embed(w);
  const images = own(await model.synthesize(w));
  return tidy(() => embedder.embed(images));
}

/** Share of rows whose largest logit is the target's; of those that count, where some don't. */
export function accuracyOf(logits: Tensor2D, target: number, codeWeights?: readonly number[]): Promise<number> {
  return owning(async (own) => {
    const values = await own(tidy(() => argMax(logits, 1))).data();
    let [right, all] = [0, 0];
    values.forEach((label: number, i: number) => {
      if (codeWeights?.[i] === 0) return;
      all++;
      if (label === target) right++;
    });
    return right / all;
  });
}
