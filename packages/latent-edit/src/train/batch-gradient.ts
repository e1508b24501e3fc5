import type { AttributeModel } from "@latentflow/core";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Direction } from "../directions/direction.js";
import type { TrainSettings } from "../directions/train-settings.js";
import type { StartCodes } from "../model/start-codes.js";
import { owning } from "../tensors/owning.js";
import { checkFinite } from "./check-finite.js";
import type { Score } from "./history.js";
import { pullBack } from "./pull-back.js";
import { askForLoss, type Batch, type LossChoice, partsOf, scoreOf } from "./trained-loss.js";

/**
 * Loss and gradient of one batch: flow, the model's answer at the end points, and the pull-back. The caller disposes the gradients.
 *
 * @param where the iteration in words, for an error about numbers that are not finite
 */
export function batchGradient(
  direction: Direction,
  model: AttributeModel,
  codes: StartCodes,
  batch: Batch,
  settings: TrainSettings,
  choice: LossChoice,
  where: string,
): Promise<{ score: Score; gradients: Tensor[] }> {
  return owning(async (own) => {
    const w = own(codes.tensor(batch.rows));
    const originalLogits = own(settings.cacheLogits ? await codes.logits(batch.rows, where) : await model.logits(w));
    const { gradient, rows } = settings;
    const ends = own(tidy(() => direction.flow(w, batch.t, { gradient, ...(rows && { rows }) })));
    await checkFinite(where, { "the flow's end points": ends, "the start codes' logits": originalLogits });
    const answer = await askForLoss(own, model, { w, ends, originalLogits }, batch, settings, choice);
    await checkFinite(where, partsOf(answer));
    const score = await scoreOf(answer, batch, settings);
    const gradients = own(pullBack(direction, w, batch.t, answer.gradient, gradient, rows));
    await checkFinite(where, { "the gradient of the direction's variables": gradients });
    return { score, gradients: gradients.map((x) => x.clone()) };
  });
}
