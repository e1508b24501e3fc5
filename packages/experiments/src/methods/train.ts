import { AbortError, checkRequired } from "@latentflow/core";
import { type CheckpointStore, type Direction, type History, trainDirection } from "@latentflow/latent-edit";
import { fileStore } from "@latentflow/latent-edit/files";
import type { TrainConfig } from "../config/types.js";
import { ConfigError, ExperimentsError } from "../errors.js";
import { checkStarts } from "../model/labelled-codes.js";
import type { TrainingRecord } from "../results/index.js";
import type { FindContext, Trained } from "./method.js";

/** Points of a training curve that are kept. */
const CURVE_POINTS = 200;

/** What changes the numbers of a training: how often its state is kept does not, nor how many more there are, and a constant's rate is for constants. */
export type TrainingSettings = Omit<TrainConfig, "checkpointEvery" | "constantRate" | "seeds">;

/** The settings of a flow's training. */
export function trainingSettings(settings: TrainConfig): TrainingSettings {
  checkRequired("trainingSettings", settings, ["iterations", "batchSize", "maxTime", "learningRate"], ConfigError);
  const { checkpointEvery: _, constantRate: __, seeds: ___, ...train } = settings;
  return train;
}

/**
 * Trains a direction with the paper's losses on an experiment's codes: what is left of `find` for a method whose direction is made already. The
 * state is kept every `train.checkpointEvery` iterations, and an interrupted training goes on from it.
 *
 * @param direction whatever has variables; disposed when this throws
 * @param settings default: those of the configuration
 */
export async function trainInExperiment(
  context: FindContext,
  direction: Direction,
  settings?: TrainingSettings,
): Promise<Trained> {
  checkRequired("trainInExperiment: context", context, ["config", "networks", "edit", "codes", "model"], ConfigError);
  checkRequired("trainInExperiment: direction", direction, ["flow", "variables", "dispose"], ConfigError);
  try {
    const history = await train(context, direction, settings ?? trainingSettings(context.config.train));
    const parameters = direction.variables.reduce((sum, { size }) => sum + size, 0);
    return { direction, record: trainingRecord(history, parameters), settings: history.settings };
  } catch (error) {
    direction.dispose();
    throw error;
  }
}

async function train(context: FindContext, direction: Direction, { solverSteps: _, ...settings }: TrainingSettings) {
  const { config, edit, scratch, signal, progress } = context;
  const codes = await context.codes();
  checkStarts(edit, codes, 1, "sample.codes");
  const running = await context.model();
  const { model } = running;
  const file = fileStore(scratch);
  let imagesWhenRead: number | undefined;
  const store: CheckpointStore = {
    ...file,
    async read() {
      const bytes = await file.read();
      if (bytes !== null) imagesWhenRead = running.images();
      return bytes;
    },
  };
  return trainDirection(direction, {
    ...settings,
    model,
    attribute: { index: edit.index, from: edit.from, to: edit.to },
    codes: codes.codes,
    labels: { data: codes.labels, shape: [codes.rows, model.attributes.length] },
    seed: config.seed,
    checkpoint: { store, every: config.train.checkpointEvery },
    onProgress: ({ iteration, iterations }) => progress(iteration / iterations),
    ...(signal && { signal }),
  }).catch((cause) => {
    // Nothing was asked of the model since the file was read: the file is to blame.
    if (cause instanceof AbortError || running.images() !== imagesWhenRead) throw cause;
    throw new ExperimentsError(
      `train: expected a whole checkpoint of this training in ${scratch}: ${(cause as Error).message} Delete that file and run again: this training then starts anew, the rest is kept.`,
      { cause },
    );
  });
}

function trainingRecord(history: History, parameters: number): TrainingRecord {
  const stretch = Math.ceil(history.iterations / CURVE_POINTS);
  const points = Math.ceil(history.iterations / stretch);
  const mean = (key: "total" | "attributeLoss" | "preservationLoss" | "accuracy") =>
    Array.from({ length: points }, (_, i) => {
      const part = history.batches.slice(i * stretch, (i + 1) * stretch);
      return part.reduce((sum, batch) => sum + batch[key], 0) / part.length;
    });
  return {
    iterations: history.iterations,
    parameters,
    curve: {
      iteration: Array.from({ length: points }, (_, i) => Math.min(history.iterations, (i + 1) * stretch)),
      total: mean("total"),
      attribute: mean("attributeLoss"),
      preservation: mean("preservationLoss"),
      accuracy: mean("accuracy"),
    },
    solverGap: history.solverGap,
  };
}
