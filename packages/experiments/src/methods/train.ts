import { basename, dirname, join } from "node:path";
import { AbortError, checkRequired } from "@latentflow/core";
import type { RunningModel } from "@latentflow/engine";
import {
  type CheckpointStore,
  type Direction,
  type History,
  plannedIterations,
  trainCandidates,
  trainDirection,
} from "@latentflow/latent-edit";
import { fileStore } from "@latentflow/latent-edit/files";
import type { TrainConfig } from "../config/types.js";
import { ConfigError, ExperimentsError } from "../errors.js";
import { movingRows } from "../model/code-shape.js";
import { checkStarts, type LabelledCodes } from "../model/labelled-codes.js";
import type { TrainingRecord } from "../results/index.js";
import {
  alongLine,
  areaAbove,
  beginnings,
  constantOf,
  curveOn,
  lineOf,
  TIMES,
  type TrainStart,
  withValidation,
} from "./choose.js";
import type { FindContext, TrainedDirection } from "./method.js";

/** Points of a training curve that are kept. */
const CURVE_POINTS = 200;

/** Where the configuration names candidates, and nothing of these. */
const [DEFAULT_ROUNDS, DEFAULT_STARTS] = [2, 100];

/** What changes the numbers of a training: how often its state is kept does not, nor how many more there are, and a constant's rate is for constants. */
export type TrainingSettings = Omit<TrainConfig, "checkpointEvery" | "constantRate" | "seeds">;

/** Where trainings of these settings begin. */
export function startsOf({ start = "random", candidates }: Pick<TrainConfig, "start" | "candidates">): TrainStart[] {
  return candidates === undefined ? [start] : candidates.map((candidate) => candidate.start ?? start);
}

/** The settings of a flow's training. */
export function trainingSettings(settings: TrainConfig): TrainingSettings {
  checkRequired("trainingSettings", settings, ["iterations", "batchSize", "maxTime", "learningRate"], ConfigError);
  const { checkpointEvery: _, constantRate: __, seeds: ___, ...train } = settings;
  return train;
}

/** About how many images a training takes with their gradient, and how many without, to measure candidates. */
export function trainingCost({
  iterations,
  batchSize,
  candidates,
  rounds = DEFAULT_ROUNDS,
  validationStarts = DEFAULT_STARTS,
}: TrainConfig) {
  if (candidates === undefined) return { gradients: iterations * batchSize, images: 0 };
  const [parts, count] = [roundsOf(iterations, rounds), candidates.length];
  const starting = startsOf({ candidates }).filter((start) => start !== "random").length;
  const measured = parts.reduce((sum, _, r) => sum + Math.ceil(count / 2 ** r), starting);
  return { gradients: plannedIterations(count, parts) * batchSize, images: measured * validationStarts * TIMES };
}

/** Iterations after which candidates are measured. */
function roundsOf(iterations: number, rounds: number): number[] {
  return [...new Set(Array.from({ length: rounds }, (_, r) => Math.ceil((iterations * (r + 1)) / rounds)))];
}

/**
 * Trains a direction as the configuration says, with the paper's losses where it says nothing: what is left of `find` for a method whose direction is
 * made already. The state is kept every `train.checkpointEvery` iterations, and an interrupted training goes on from it.
 *
 * @param direction whatever has variables; disposed when this throws. With `train.candidates`, a copy that was trained is given back
 * @param settings default: those of the configuration
 */
export async function trainInExperiment(
  context: FindContext,
  direction: Direction,
  settings?: TrainingSettings,
): Promise<TrainedDirection> {
  checkRequired("trainInExperiment: context", context, ["config", "networks", "edit", "codes", "model"], ConfigError);
  checkRequired("trainInExperiment: direction", direction, ["flow", "variables", "dispose"], ConfigError);
  const all = settings ?? trainingSettings(context.config.train);
  try {
    const codes = await context.codes();
    checkStarts(context.edit, codes, 1, "sample.codes");
    if (all.candidates === undefined) return await train(context, direction, codes, all);
    const trained = await trainBest(context, direction, codes, all);
    direction.dispose();
    return trained;
  } catch (error) {
    direction.dispose();
    throw error;
  }
}

/** One training, to its end. */
async function train(
  context: FindContext,
  direction: Direction,
  codes: LabelledCodes,
  { start, ...settings }: TrainingSettings,
): Promise<TrainedDirection> {
  if (start === "line" || start === "constant") {
    if (start === "constant" && constantOf(context) === undefined)
      throw new ConfigError(
        `config: expected train.start to be "random" or "line" for a method whose needs() do not name the trained constant, got "constant".`,
      );
    const line = await lineOf(context, codes, start);
    if (line) alongLine(direction, line, start);
  }
  const running = await context.model();
  const file = watched(running, context.scratch);
  const history = await file.blamed(
    trainDirection(direction, {
      ...common(context, codes, running, settings),
      checkpoint: { store: file.store, every: context.config.train.checkpointEvery },
      onProgress: ({ iteration, iterations }) => context.progress(iteration / iterations),
    }),
  );
  return {
    direction,
    record: trainingRecord(history, parametersOf(direction)),
    settings: { ...history.settings, ...(start && { start }) },
  };
}

/** Several trainings, by halves the better ones, measured on starts kept apart; the best snapshot of all. */
async function trainBest(
  context: FindContext,
  direction: Direction,
  codes: LabelledCodes,
  {
    candidates = [{}],
    rounds = DEFAULT_ROUNDS,
    validationStarts = DEFAULT_STARTS,
    start = "random",
    ...settings
  }: TrainingSettings,
): Promise<TrainedDirection> {
  const { training, validation } = withValidation(context, codes, validationStarts);
  const running = await context.model();
  const own = candidates.map((candidate, i) => ({ start, ...defined(candidate), name: `candidate-${i + 1}` }));
  const begin = await beginnings(
    context,
    direction,
    training,
    own.map((one) => one.start),
  );
  // Codes that allow no line leave those that need none.
  const able = own.filter(({ start }) => begin[start] !== undefined);
  const taken = able.length > 0 ? able : own.map((one) => ({ ...one, start: "random" as const }));
  const { iterations } = settings;
  const folder = dirname(context.scratch);
  const names = ["snapshots", ...own.map(({ name }) => name)];
  const files = new Map(names.map((name) => [name, watched(running, join(folder, `${name}.${basename(context.scratch)}`))]));
  const ask = trainCandidates(
    // A line is an edit already: it may be the best of all.
    taken.map(({ name, start, ...train }) => ({ name, direction: begin[start]!, measureStart: start !== "random", train })),
    common(context, training, running, settings),
    {
      rounds: roundsOf(iterations, rounds),
      measure: (one) => curveOn(one, context, validation),
      score: (curves) => curves.map(areaAbove),
      ...{ store: (name: string) => files.get(name)!.store, every: context.config.train.checkpointEvery },
      onProgress: ({ done, total }) => context.progress(done / total),
    },
  );
  const chosen = await [...files.values()].reduce((asked, file) => file.blamed(asked), ask);
  const { candidate, history, snapshots } = chosen;
  const record = {
    ...trainingRecord(history, parametersOf(direction)),
    chosen: {
      ...{ candidate, iteration: history.keptIteration, starts: validation.shape[0] },
      snapshots: snapshots.map(({ measure, ...one }) => ({ ...one, maxControl: Math.max(...measure.control) })),
    },
  };
  const winner = taken.find(({ name }) => name === candidate)!;
  return { direction: chosen.direction, record, settings: { ...history.settings, start: winner.start } };
}

const parametersOf = ({ variables }: Direction) => variables.reduce((sum, { size }) => sum + size, 0);

/** What is given; undefined is nothing. */
function defined<T extends object>(settings: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as never;
}

/** Options of every training of an edit. */
function common(
  { config, edit, signal }: FindContext,
  codes: LabelledCodes,
  { model }: RunningModel,
  {
    preserve,
    solverSteps: _,
    candidates: __,
    rounds: ___,
    validationStarts: ____,
    start: _____,
    ...settings
  }: Partial<TrainingSettings>,
) {
  const rows = movingRows(config);
  return {
    ...defined(settings),
    ...(rows && { rows }),
    ...(preserve === "identity" && { identity: "model" as const }),
    model,
    attribute: { index: edit.index, from: edit.from, to: edit.to },
    codes: codes.codes,
    labels: { data: codes.labels, shape: [codes.rows, model.attributes.length] as const },
    seed: config.seed,
    ...(signal && { signal }),
  };
}

/** A file of a training's state, which is to blame where nothing was asked of the model since it was read. */
function watched(running: RunningModel, path: string) {
  const file = fileStore(path);
  let imagesWhenRead: number | undefined;
  const store: CheckpointStore = {
    ...file,
    async read() {
      const bytes = await file.read();
      if (bytes !== null) imagesWhenRead = running.images();
      return bytes;
    },
  };
  const blamed = <T>(work: Promise<T>): Promise<T> =>
    work.catch((cause) => {
      if (cause instanceof AbortError || cause instanceof ExperimentsError || running.images() !== imagesWhenRead) throw cause;
      throw new ExperimentsError(
        `train: expected a whole checkpoint of this training in ${path}: ${(cause as Error).message} Delete that file and run again: this training then starts anew, the rest is kept.`,
        { cause },
      );
    });
  return { store, blamed };
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
