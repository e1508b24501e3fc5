import type { TrainSettings } from "../directions/train-settings.js";
import "@latentflow/backend/gradients";
import {
  AbortError,
  type AttributeModel,
  type CheckpointStore,
  nextMacrotask,
  SeededRandom,
  throwIfAborted,
} from "@latentflow/core";
import { adam, disposeAdamState, stepDecay } from "@latentflow/core/optim";
import { addN, dispose, div, type Tensor, tidy, type Variable } from "@tensorflow/tfjs-core";
import type { Direction } from "../directions/direction.js";
import { solverGap } from "../directions/solver-gap.js";
import { LatentEditError } from "../errors.js";
import { StartCodes } from "../model/start-codes.js";
import { owning } from "../tensors/owning.js";
import { assignWeights, weightsOf } from "../tensors/weights.js";
import { batchGradient } from "./batch-gradient.js";
import { checkFinite } from "./check-finite.js";
import { decodeCheckpoint, encodeCheckpoint, type TrainState } from "./checkpoint.js";
import { type Batch, drawBatch, longest } from "./draw-batch.js";
import type { History, Score } from "./history.js";
import { type RunFingerprint, runFingerprint } from "./run-fingerprint.js";
import { resolveSettings, type TrainOptions } from "./settings.js";
import type { LossChoice } from "./trained-loss.js";
import { validate } from "./validate.js";

/** Codes over which the solver gap is measured. */
export const GAP_CODES = 64;

/**
 * Trains a direction to change one attribute and leave the others alone (paper, section 4.2). The direction's variables are updated in place.
 *
 * The frozen half is only ever asked through `AttributeModel`: it gives the loss and dL/dw at the end points, and the flow's own gradient is
 * pulled back from that.
 *
 * @throws LatentEditError for options that do not fit, and for numbers that are not finite, from the model or on the way, with the iteration and
 * the part that gave them, before a weight is touched; AbortError when stopped by the signal. Of both, the state after the last whole iteration
 * is left in the checkpoint's store
 */
export async function trainDirection(direction: Direction, options: TrainOptions): Promise<History> {
  const { model, settings, given } = resolveSettings(direction, options);
  const { attribute, iterations } = settings;
  const { signal, validation, checkpoint, earlyStopping, onProgress } = given;
  const last = Math.min(iterations, given.pauseAt ?? iterations);
  if (settings.solver !== null) direction.solver = settings.solver;
  const kind = { attribute, asRows: settings.rows !== undefined };
  const codes = await StartCodes.create("trainDirection", model, given.codes, given.labels, kind, signal);
  const starts = {
    forward: codes.startingAt(attribute.from),
    backward: settings.bothWays ? codes.startingAt(attribute.to) : undefined,
  };
  const heldOut =
    validation && (await StartCodes.create("trainDirection", model, validation.codes, validation.labels, kind, signal));
  const heldOutRows = heldOut?.startingAt(attribute.from).slice(0, validation?.maxCodes);

  if (settings.rows !== undefined) direction.rows = settings.rows;

  const choice: LossChoice = {
    identity: given.identity,
    loss: given.loss,
    density: settings.codesWeight > 0 ? codes.density() : undefined,
  };
  const variables = direction.variables.filter((variable) => variable.trainable);
  const optimizer = adam();
  const schedule = stepDecay({ learningRate: settings.learningRate, every: settings.decayEvery, factor: settings.decayFactor });
  // Asks the model once more, so only where it is needed.
  const run = checkpoint && (await runFingerprint(direction, model, codes, heldOut, options));
  const state = await resumeOrStart(variables, codes, settings, run, checkpoint?.store);
  const random = SeededRandom.fromState(state.random);
  const store = checkpoint?.store;
  let images = 0;
  const started = performance.now();
  /** The iteration whose state is in the store. */
  let kept = state.iteration;
  const keep = async () => {
    if (!store || !run) return;
    await store.write(
      await encodeCheckpoint(state, { settings, run, weights: await weightsOf(variables), cache: codes.exportCache() }),
    );
    kept = state.iteration;
  };
  /** False from an iteration's step to the end of its validation: no state says half an iteration. */
  let isWhole = true;

  try {
    while (state.iteration < last && !state.stoppedEarly) {
      throwIfAborted("trainDirection", signal);
      await nextMacrotask();
      const begin = performance.now();
      const batches = Array.from({ length: settings.accumulate }, () => drawBatch(random, starts, settings));
      const where = `iteration ${state.iteration + 1} of ${iterations}`;
      const { score, gradients } = await meanGradient(direction, model, codes, batches, settings, choice, where);
      const { learningRate } = schedule.update({ step: state.iteration });
      const next = await nextStep(optimizer, variables, gradients, state.adam, learningRate, where);
      isWhole = false;
      assignTensors(variables, next.parameters);
      disposeAdamState(state.adam);
      state.adam = next.state;
      state.iteration++;
      const time = longest(batches.at(-1)!);
      state.batches.push({ ...score, time, learningRate });
      images += settings.batchSize * settings.accumulate;

      const seconds = (performance.now() - begin) / 1000;
      const validated =
        heldOut && heldOutRows && state.iteration % validation!.every === 0
          ? await validate(direction, model, heldOut, heldOutRows, settings, choice, `the validation after ${where}`, signal)
          : undefined;
      if (validated) await watch(state, validated, variables, earlyStopping?.patience);
      state.random = random.getState();
      isWhole = true;
      const isDue = checkpoint && state.iteration % checkpoint.every === 0;
      if (isDue || state.iteration === last || state.stoppedEarly) await keep();
      const imagesPerSecond = (settings.batchSize * settings.accumulate) / seconds;
      const progress = { ...score, iteration: state.iteration, iterations, time, learningRate, imagesPerSecond };
      onProgress?.(validated ? { ...progress, validation: validated } : progress);
    }
  } catch (error) {
    // Who stops a training, or mends what gave NaN, has it go on from there, not from the last multiple of `every`.
    const goesOn = error instanceof AbortError || error instanceof LatentEditError;
    if (goesOn && isWhole && kept !== state.iteration) await keep();
    throw error;
  } finally {
    disposeAdamState(state.adam);
  }
  const elapsed = (performance.now() - started) / 1000;
  if (state.best && earlyStopping) assignWeights(variables, state.best.weights);
  const gap = await owning((own) =>
    solverGap(direction, own(codes.tensor(starts.forward.slice(0, GAP_CODES))), settings.maxTime),
  );
  return {
    iterations: state.iteration,
    batches: state.batches,
    validations: state.validations,
    keptIteration: earlyStopping && state.best ? state.best.iteration : state.iteration,
    stoppedEarly: state.stoppedEarly,
    solverGap: gap,
    imagesPerSecond: images / elapsed,
    settings,
  };
}

async function meanGradient(
  direction: Direction,
  model: AttributeModel,
  codes: StartCodes,
  batches: readonly Batch[],
  settings: TrainSettings,
  choice: LossChoice,
  where: string,
): Promise<{ score: Score; gradients: Tensor[] }> {
  if (batches.length === 1) return batchGradient(direction, model, codes, batches[0]!, settings, choice, where);
  return owning(async (own) => {
    const scores: Score[] = [];
    const parts: Tensor[][] = [];
    for (const batch of batches) {
      const { score, gradients } = await batchGradient(direction, model, codes, batch, settings, choice, where);
      scores.push(score);
      parts.push(own(gradients));
    }
    const mean = (key: keyof Score) => scores.reduce((sum, score) => sum + score[key]!, 0) / scores.length;
    const score: Score = {
      total: mean("total"),
      attributeLoss: mean("attributeLoss"),
      preservationLoss: mean("preservationLoss"),
      ...(choice.density && { codesLoss: mean("codesLoss") }),
      accuracy: mean("accuracy"),
    };
    return { score, gradients: tidy(() => parts[0]!.map((_, i) => div(addN(parts.map((part) => part[i]!)), parts.length))) };
  });
}

/** The numbers of one optimiser step, which must be finite; consumes the gradients. */
async function nextStep(
  optimizer: ReturnType<typeof adam>,
  variables: readonly Variable[],
  gradients: Tensor[],
  state: TrainState["adam"],
  learningRate: number,
  where: string,
): Promise<ReturnType<typeof optimizer.update>> {
  const next = optimizer.update(variables, gradients, state, learningRate);
  dispose(gradients);
  try {
    const { mean, variance } = next.state;
    await checkFinite(where, { "Adam's moments": [...mean, ...variance], "the new weights": next.parameters });
    return next;
  } catch (error) {
    dispose(next.parameters);
    disposeAdamState(next.state);
    throw error;
  }
}

/** New values in place; consumes them. */
function assignTensors(variables: readonly Variable[], values: Tensor[]): void {
  variables.forEach((variable, i) => {
    variable.assign(values[i]!);
  });
  dispose(values);
}

/** Records a validation; with a patience, keeps the best weights and decides when to stop. */
async function watch(
  state: TrainState,
  score: Score,
  variables: readonly Variable[],
  patience: number | undefined,
): Promise<void> {
  state.validations.push({ ...score, iteration: state.iteration });
  if (patience === undefined) return;
  if (state.best === null || score.total < state.best.total) {
    state.best = { iteration: state.iteration, total: score.total, weights: await weightsOf(variables) };
  }
  const bestIteration = state.best.iteration;
  state.stoppedEarly = state.validations.filter(({ iteration }) => iteration > bestIteration).length >= patience;
}

async function resumeOrStart(
  variables: readonly Variable[],
  codes: StartCodes,
  settings: TrainSettings,
  run: RunFingerprint | undefined,
  store: CheckpointStore | undefined,
): Promise<TrainState> {
  const bytes = run && store ? await store.read() : null;
  if (run && bytes !== null) {
    const sizes = variables.map(({ size }) => size);
    const { state, weights, cache } = await decodeCheckpoint(bytes, { settings, run, sizes });
    assignWeights(variables, weights);
    codes.importCache(cache);
    return state;
  }
  const random = new SeededRandom(settings.seed).getState();
  return { iteration: 0, adam: adam().init(variables), random, batches: [], validations: [], best: null, stoppedEarly: false };
}
