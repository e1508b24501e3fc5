import { type AttributeModel, nextMacrotask, throwIfAborted } from "@latentflow/core";
import { tidy } from "@tensorflow/tfjs-core";
import type { Direction } from "../directions/direction.js";
import type { TrainSettings } from "../directions/train-settings.js";
import { attributeLoss, preservationLoss } from "../model/losses.js";
import type { StartCodes } from "../model/start-codes.js";
import { owning } from "../tensors/owning.js";
import { checkFinite } from "./check-finite.js";
import type { Score } from "./history.js";
import { accuracyOf, askForLoss, type Batch, type LossChoice, partsOf, scoreOf } from "./trained-loss.js";

/**
 * The trained loss and the accuracy of held-out codes after the longest edit, t = α, in batches of the training's size.
 *
 * @param where in words, for an error about numbers that are not finite
 */
export async function validate(
  direction: Direction,
  model: AttributeModel,
  codes: StartCodes,
  rows: Int32Array,
  settings: TrainSettings,
  choice: LossChoice,
  where: string,
  signal: AbortSignal | undefined,
): Promise<Score> {
  const sums = { total: 0, attributeLoss: 0, preservationLoss: 0, accuracy: 0 };
  for (let start = 0; start < rows.length; start += settings.batchSize) {
    throwIfAborted("trainDirection", signal);
    await nextMacrotask();
    const batch = {
      rows: rows.slice(start, start + settings.batchSize),
      t: settings.maxTime,
      target: settings.attribute.to,
    };
    const score = await scoreBatch(direction, model, codes, batch, settings, choice, where);
    for (const key of ["total", "attributeLoss", "preservationLoss", "accuracy"] as const) {
      sums[key] += (batch.rows.length / rows.length) * score[key];
    }
  }
  return sums;
}

function scoreBatch(
  direction: Direction,
  model: AttributeModel,
  codes: StartCodes,
  batch: Batch,
  settings: TrainSettings,
  choice: LossChoice,
  where: string,
): Promise<Score> {
  return owning(async (own) => {
    const originalLogits = own(await codes.logits(batch.rows, where));
    const w = own(codes.tensor(batch.rows));
    const ends = own(direction.flow(w, batch.t, settings.rows ? { rows: settings.rows } : {}));
    // Only the model knows an identity or custom loss at its end points. The paper's needs logits alone: a third of the work.
    if (choice.identity || choice.loss) {
      const answer = await askForLoss(own, model, { w, ends, originalLogits }, batch, settings, choice);
      await checkFinite(where, partsOf(answer));
      return scoreOf(answer, batch, settings);
    }
    const { attribute, temperature, preservationWeight } = settings;
    const logits = own(await model.logits(ends));
    await checkFinite(where, { "the flow's end points": ends, "the model's logits at the end points": logits });
    const terms = own(
      tidy(() => [
        attributeLoss(logits[attribute.index]!, batch.target, temperature),
        preservationLoss(logits, originalLogits, attribute.index, temperature),
      ]),
    );
    const [first, second] = await Promise.all(terms.map(async (term) => (await term.data())[0]!));
    await checkFinite(where, { "the attribute loss": first!, "the preservation loss": second! });
    const accuracy = await accuracyOf(logits[attribute.index]!, batch.target);
    return { total: first! + preservationWeight * second!, attributeLoss: first!, preservationLoss: second!, accuracy };
  });
}
