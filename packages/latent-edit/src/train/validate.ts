import { type AttributeModel, nextMacrotask, throwIfAborted } from "@latentflow/core";
import { argMax, dispose, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import type { Direction } from "../direction.js";
import { attributeLoss, preservationLoss } from "../losses.js";
import type { Score } from "./history.js";
import type { TrainSettings } from "./settings.js";
import type { StartCodes } from "./start-codes.js";

/** Attribute and preservation losses and accuracy of held-out codes after the longest edit, t = α, in batches of the training's size. */
export async function validate(
  direction: Direction,
  model: AttributeModel,
  pool: StartCodes,
  rows: Int32Array,
  settings: TrainSettings,
  signal: AbortSignal | undefined,
): Promise<Score> {
  const { attribute, batchSize, temperature, preservation: weight, maxTime } = settings;
  const sums = { attribute: 0, preservation: 0, accuracy: 0 };
  for (let start = 0; start < rows.length; start += batchSize) {
    throwIfAborted("trainDirection", signal);
    await nextMacrotask();
    const batch = rows.slice(start, start + batchSize);
    const share = batch.length / rows.length;
    const original = await pool.logits(batch);
    const w = pool.tensor(batch);
    const moved = direction.flow(w, maxTime);
    const logits = await model.logits(moved);
    const terms = tidy(() => [
      attributeLoss(logits[attribute.index]!, attribute.to, temperature),
      preservationLoss(logits, original, attribute.index, temperature),
    ]);
    sums.attribute += share * (await terms[0]!.data())[0]!;
    sums.preservation += share * (await terms[1]!.data())[0]!;
    sums.accuracy += share * (await accuracyOf(logits[attribute.index]!, attribute.to));
    dispose([w, moved, ...original, ...logits, ...terms]);
  }
  return { total: sums.attribute + weight * sums.preservation, ...sums };
}

/** Share of rows whose largest logit is the target's. */
export async function accuracyOf(logits: Tensor2D, target: number): Promise<number> {
  const classes = tidy(() => argMax(logits, 1));
  const values = await classes.data();
  classes.dispose();
  let right = 0;
  for (const label of values) if (label === target) right++;
  return right / values.length;
}
