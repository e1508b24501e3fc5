import type { AttributeModel } from "@latentflow/core";
import { type Tensor, tidy } from "@tensorflow/tfjs-core";
import type { Direction } from "../direction.js";
import { owning } from "../owning.js";
import type { Score } from "./history.js";
import { pullBack } from "./pull-back.js";
import type { TrainSettings } from "./settings.js";
import type { StartCodes } from "./start-codes.js";
import { askForLoss, type Batch, type LossChoice, scoreOf } from "./trained-loss.js";

/** Loss and gradient of one batch: flow, the model's answer at the end points, and the pull-back. The caller disposes the gradients. */
export function batchGradient(
  direction: Direction,
  model: AttributeModel,
  pool: StartCodes,
  batch: Batch,
  settings: TrainSettings,
  choice: LossChoice,
): Promise<{ score: Score; gradients: Tensor[] }> {
  return owning(async (own) => {
    const w = own(pool.tensor(batch.rows));
    const originalLogits = own(settings.cacheLogits ? await pool.logits(batch.rows) : await model.logits(w));
    const moved = own(tidy(() => direction.flow(w, batch.t, { gradient: settings.gradient })));
    const answer = await askForLoss(own, model, { w, moved, originalLogits }, batch, settings, choice);
    const score = await scoreOf(answer, batch, settings);
    return { score, gradients: pullBack(direction, w, batch.t, answer.gradient, settings.gradient) };
  });
}
