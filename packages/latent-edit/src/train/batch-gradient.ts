import type { AttributeModel } from "@latentflow/core";
import { add, mul, type Scalar, type Tensor, tidy, valueAndGrad } from "@tensorflow/tfjs-core";
import type { Direction } from "../directions/direction.js";
import type { TrainSettings } from "../directions/train-settings.js";
import type { CodeDensity } from "../model/code-density.js";
import type { StartCodes } from "../model/start-codes.js";
import { owning } from "../tensors/owning.js";
import { checkFinite } from "./check-finite.js";
import type { Batch } from "./draw-batch.js";
import type { Score } from "./history.js";
import { pullBack } from "./pull-back.js";
import { askForLoss, type LossChoice, partsOf, scoreOf } from "./trained-loss.js";

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
    const ends = own(endsOf(direction, w, batch, settings));
    await checkFinite(where, { "the flow's end points": ends, "the start codes' logits": originalLogits });
    const answer = await askForLoss(own, model, { w, ends, originalLogits }, batch, settings, choice);
    await checkFinite(where, partsOf(answer));
    const lived = choice.density && own(excessOf(choice.density, ends, w));
    const [codesLoss] = lived ? await lived[0].data() : [];
    const score = await scoreOf(answer, batch, settings, codesLoss);
    const cotangent = lived ? own(tidy(() => add(answer.gradient, mul(lived[1], settings.codesWeight)))) : answer.gradient;
    const gradients = own(pullBack(direction, w, batch.t, cotangent, settings.gradient, settings.rows));
    await checkFinite(where, { "the gradient of the direction's variables": gradients });
    return { score, gradients: gradients.map((x) => x.clone()) };
  });
}

/** Where a batch's codes are after its edit. */
export function endsOf(
  direction: Direction,
  w: Tensor,
  { t }: Batch,
  { gradient, rows }: Pick<TrainSettings, "gradient" | "rows">,
): Tensor {
  const options = { gradient, ...(rows && { rows }) };
  return tidy(() => (typeof t === "number" ? direction.flow(w, t, options) : direction.flowEach(w, t, options)));
}

/** The third term and its gradient with respect to the end points. */
function excessOf(density: CodeDensity, ends: Tensor, starts: Tensor): [Scalar, Tensor] {
  return tidy(() => {
    const { value, grad } = valueAndGrad((w: Tensor) => density.excess(w, starts))(ends);
    return [value as Scalar, grad];
  });
}
