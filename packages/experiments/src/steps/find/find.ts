import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import type { Direction } from "@latentflow/latent-edit";
import type { Edit } from "../../config/edits.js";
import type { ExperimentConfig } from "../../config/types.js";
import { type Experiment, editsOfAll } from "../../experiment/experiment.js";
import { trainingsOf } from "../../experiment/trainings.js";
import type { Cost, FindContext, Method } from "../../methods/method.js";
import { trainingCost, trainingSettings } from "../../methods/train.js";
import { movingRows } from "../../model/code-shape.js";
import type { FitRecord } from "../../results/index.js";
import { GRADIENT_COST, type Job, type JobOutput, type StepContext } from "../job.js";
import { SUMMARY_JOB } from "../sample/sample.js";
import { directionJob, readDirection, writeDirection } from "./directions.js";

/** What each step writes beside a direction. */
export const FIT_FILE = "fit.json";
export const TRAINING_FILE = "training.json";

/** A job for each direction that one of the steps `fit` and `train` finds: of every method and edit, and what these need of others. */
export function findJobs(experiment: Experiment, step: Method["step"]): Job[] {
  const { config, methods, edits } = experiment;
  const ofAll = editsOfAll(experiment);
  const jobs = new Map<string, Job>();
  const add = (method: Method, edit: Edit): void => {
    const id = directionJob(edit, method);
    if (jobs.has(id)) return;
    const needs = method.needs?.(edit, ofAll, config) ?? [];
    for (const needed of needs) add(needed.method, needed.edit);
    jobs.set(id, findJob(experiment, method, edit, needs));
  };
  const trainings = methods.filter((method) => method.step === step).flatMap((method) => trainingsOf(method, config));
  for (const edit of edits) for (const { method } of trainings) add(method, edit);
  return [...jobs.values()];
}

function findJob({ config, networks, methods, edits }: Experiment, method: Method, edit: Edit, needs: FindContext["needs"]): Job {
  const isAskedFor =
    edits.includes(edit) && methods.some((one) => trainingsOf(one, config).some((asked) => asked.method.id === method.id));
  const { images = 0, gradients = 0, operations = 0 } = method.cost?.(config, networks.latentDim) ?? standardCost(config, method);
  return {
    id: directionJob(edit, method),
    step: method.step,
    needs: needs.length > 0 ? needs.map((needed) => directionJob(needed.edit, needed.method)) : [SUMMARY_JOB],
    settings: { ...(method.settings?.(config, edit) ?? standardSettings(config, method)), seed: config.seed, edit },
    ...{ images, gradients, operations },
    ...(isAskedFor && { pair: `${edit.slug}/${method.id}` }),
    ...(method.check && { check: (parts) => method.check!(parts) }),
    run: (context, output) => find(context, output, method, edit, needs),
  };
}

function standardSettings({ fit, train }: ExperimentConfig, { step }: Method) {
  return step === "fit" ? { fit } : { train: trainingSettings(train) };
}

function standardCost({ train }: ExperimentConfig, { step }: Method): Cost {
  if (step !== "train") return { images: 0, gradients: 0 };
  const { images, gradients } = trainingCost(train);
  return { images: images + GRADIENT_COST * gradients, gradients };
}

async function find(
  context: StepContext,
  { folder, scratch }: JobOutput,
  method: Method,
  edit: Edit,
  needs: FindContext["needs"],
): Promise<void> {
  const { config, networks, signal } = context;
  const found: FindContext = {
    ...{ config, networks, edit, scratch, signal, needs },
    codes: async () => (await context.sample()).training,
    model: () => context.model(),
    parts: () => context.parts(),
    direction: (needed) => readDirection(context.folder, needed.edit, needed.method),
    progress: (done) => context.progress(done),
  };
  const rows = movingRows(config);
  if (method.step === "train") {
    const { direction, record, settings } = await method.find(found);
    await saved(direction, () => writeDirection(folder, direction, edit, networks, settings));
    await writeJsonAtomic(join(folder, TRAINING_FILE), record);
  } else {
    const { direction, record } = await method.find(found);
    if (rows !== undefined) direction.rows ??= rows;
    const complete: FitRecord = { accuracy: null, projection: null, component: null, ...record };
    await saved(direction, () => writeDirection(folder, direction, edit, networks, { method: method.id, ...complete }));
    await writeJsonAtomic(join(folder, FIT_FILE), complete);
  }
}

async function saved(direction: Direction, write: () => Promise<void>): Promise<void> {
  await write().finally(() => direction.dispose());
}
