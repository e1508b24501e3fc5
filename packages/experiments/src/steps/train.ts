import { join } from "node:path";
import { AbortError } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { type CheckpointStore, type History, NeuralOdeDirection, trainDirection } from "@latentflow/latent-edit";
import { fileStore } from "@latentflow/latent-edit/files";
import type { Edit } from "../config/edits.js";
import type { ExperimentConfig, TrainConfig } from "../config/types.js";
import { ExperimentsError } from "../errors.js";
import { methodOf } from "../methods/index.js";
import type { TrainingRecord } from "../results/experiment-results.js";
import { directionJob, writeDirection } from "./directions.js";
import { GRADIENT_COST, type Job, type JobContext, type JobOutput } from "./job.js";
import { checkStarts } from "./read-sample.js";
import { SUMMARY_JOB } from "./sample.js";

export const TRAINING_FILE = "training.json";

/** Points of a training curve that are kept. */
const CURVE_POINTS = 200;

/** A job for each trained method and attribute. */
export function trainJobs(config: ExperimentConfig, edits: readonly Edit[]): Job[] {
  const methods = config.methods.map((id) => methodOf(id)).filter(({ depth }) => depth !== null);
  return edits.flatMap((edit) =>
    methods.map(
      (method): Job => ({
        id: directionJob(edit, method),
        step: "train",
        needs: [SUMMARY_JOB],
        settings: { train: settingsOf(config.train, method.depth!), seed: config.seed, edit, depth: method.depth },
        images: GRADIENT_COST * config.train.iterations * config.train.batchSize,
        gradients: config.train.iterations * config.train.batchSize,
        pair: `${edit.slug}/${method.id}`,
        run: (context, output) => trainOne(context, output, edit, method.depth!),
      }),
    ),
  );
}

/** What changes the numbers of one training: how often its state is kept does not. */
function settingsOf(
  { checkpointEvery: _, constantRate, ...train }: TrainConfig,
  depth: number,
): Omit<TrainConfig, "checkpointEvery" | "constantRate"> {
  const isConstant = depth === -1;
  return isConstant ? { ...train, learningRate: constantRate * train.learningRate } : train;
}

async function trainOne(context: JobContext, { folder, scratch }: JobOutput, edit: Edit, depth: number): Promise<void> {
  const { config, signal, progress } = context;
  const { solverSteps, preservation, ...train } = settingsOf(config.train, depth);
  const { training } = await context.sample();
  checkStarts(edit, training, 1, "sample.codes");
  const running = await context.model();
  const { model } = running;
  const solver = { method: "rk4", steps: solverSteps } as const;
  const direction = new NeuralOdeDirection({ latentDim: model.latentDim, depth, seed: config.seed, solver });
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
  try {
    const history = await trainDirection(direction, {
      ...train,
      preservationWeight: preservation,
      model,
      attribute: { index: edit.index, from: edit.from, to: edit.to },
      codes: training.matrix,
      labels: { data: training.labels, shape: [training.rows, model.attributes.length] },
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
    await writeDirection(folder, direction, edit, context.world, history.settings);
    const parameters = direction.variables.reduce((sum, { size }) => sum + size, 0);
    await writeJsonAtomic(join(folder, TRAINING_FILE), trainingRecord(history, parameters));
  } finally {
    direction.dispose();
  }
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
