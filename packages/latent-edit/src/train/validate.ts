import { type AttributeModel, nextMacrotask, throwIfAborted } from "@latentflow/core";
import { tidy } from "@tensorflow/tfjs-core";
import type { Direction } from "../directions/direction.js";
import type { TrainSettings } from "../directions/train-settings.js";
import { attributeLoss, preservationLoss } from "../model/losses.js";
import type { StartCodes } from "../model/start-codes.js";
import { owning } from "../tensors/owning.js";
import { endsOf } from "./batch-gradient.js";
import { checkFinite } from "./check-finite.js";
import type { Batch } from "./draw-batch.js";
import type { Score } from "./history.js";
import { accuracyOf, askForLoss, type LossChoice, partsOf, preservationOf, scoreOf, totalled } from "./trained-loss.js";

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
  const terms = [
    "total",
    "attributeLoss",
    "preservationLoss",
    "accuracy",
    ...(choice.density ? (["codesLoss"] as const) : []),
  ] as const;
  const sums: Record<string, number> = Object.fromEntries(terms.map((term) => [term, 0]));
  for (let start = 0; start < rows.length; start += settings.batchSize) {
    throwIfAborted("trainDirection", signal);
    await nextMacrotask();
    const batch = {
      rows: rows.slice(start, start + settings.batchSize),
      t: settings.maxTime,
      target: settings.attribute.to,
    };
    const score = await scoreBatch(direction, model, codes, batch, settings, choice, where);
    for (const term of terms) sums[term]! += (batch.rows.length / rows.length) * score[term]!;
  }
  return sums as unknown as Score;
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
    const ends = own(endsOf(direction, w, batch, { ...settings, gradient: "steps" }));
    const [codesLoss] = choice.density ? await own(choice.density.excess(ends, w)).data() : [];
    // Only the model knows an identity or custom loss at its end points. The paper's needs logits alone: a third of the work.
    if (choice.identity || choice.loss) {
      const answer = await askForLoss(own, model, { w, ends, originalLogits }, batch, settings, choice);
      await checkFinite(where, partsOf(answer));
      return scoreOf(answer, batch, settings, codesLoss);
    }
    const { attribute, temperature } = settings;
    const logits = own(await model.logits(ends));
    await checkFinite(where, { "the flow's end points": ends, "the model's logits at the end points": logits });
    const terms = own(
      tidy(() => [
        attributeLoss(logits[attribute.index]!, batch.target, temperature),
        preservationLoss(logits, originalLogits, attribute.index, temperature, preservationOf(settings, model.attributes)),
      ]),
    );
    const [first, second] = await Promise.all(terms.map(async (term) => (await term.data())[0]!));
    await checkFinite(where, { "the attribute loss": first!, "the preservation loss": second! });
    const accuracy = await accuracyOf(logits[attribute.index]!, batch.target);
    const score = { attributeLoss: first!, preservationLoss: second!, accuracy };
    return totalled(codesLoss === undefined ? score : { ...score, codesLoss }, settings);
  });
}
