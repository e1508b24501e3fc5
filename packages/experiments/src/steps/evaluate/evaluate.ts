import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import type { LabelsAlong } from "@latentflow/latent-edit";
import { bootstrapBands, type CdCurve, cdCurve, editLengthForControl, type Labels } from "@latentflow/metrics";
import type { Edit } from "../../config/edits.js";
import type { Experiment } from "../../experiment/experiment.js";
import { trainingsOf } from "../../experiment/trainings.js";
import type { Method } from "../../methods/method.js";
import { checkStarts } from "../../model/labelled-codes.js";
import type { Evaluation } from "../../results/index.js";
import { spaced } from "../../results/numbers.js";
import { hashOf } from "../../store/hash.js";
import type { RunFolder } from "../../store/run-folder.js";
import { readTensors, writeTensors } from "../../store/tensor-file.js";
import { DIRECTION_FILE, directionJob, readDirection } from "../find/directions.js";
import type { Job, JobOutput, StepContext } from "../job.js";
import { SUMMARY_JOB } from "../sample/sample.js";
import { type KeptLabelsOptions, keptLabelsAlong } from "./kept-labels.js";

export const EVALUATION_FILE = "evaluation.json";
/** Held-out starts that a measurement needs: a band of one is none. */
const LEAST_STARTS = 2;
const LABELS_FILE = "labels.safetensors";

export const evaluateJob = (edit: Edit, { id }: Pick<Method, "id">) => `evaluate/${edit.slug}/${id}`;

/** Labels along one edit of held-out codes, by every method. */
export function evaluateJobs({ config, methods }: Experiment, edit: Edit): Job[] {
  const { batchSize: _, ...evaluate } = config.evaluate;
  const trainings = methods.flatMap((method) => trainingsOf(method, config));
  return trainings.map(({ method }) => ({
    id: evaluateJob(edit, method),
    step: "evaluate",
    needs: [SUMMARY_JOB, directionJob(edit, method)],
    settings: { evaluate, seed: config.seed, edit },
    images: evaluate.starts * evaluate.times,
    pair: `${edit.slug}/${method.id}`,
    run: (context, output) => evaluateOne(context, output, edit, method),
  }));
}

async function evaluateOne(context: StepContext, { folder, scratch }: JobOutput, edit: Edit, method: Method): Promise<void> {
  const { config } = context;
  const { starts, resamples, confidence } = config.evaluate;
  const { heldOut } = await context.sample();
  const rows = heldOut.startingAt(edit.index, edit.from, starts);
  checkStarts(edit, heldOut, LEAST_STARTS, "sample.heldOut");
  const labels = await measure(context, scratch, edit, method, heldOut.select(rows));
  await writeTensors(folder, LABELS_FILE, {
    labels: { data: labels.data, shape: labels.shape },
    rows: { data: Int32Array.from(rows), shape: [rows.length] },
  });
  const curve = curveOf(labels, edit, context);
  const bands = bootstrapBands(curve, { resamples, confidence, seed: config.seed });
  const band = ({ lower, upper }: { lower: Float64Array; upper: Float64Array }) => ({
    lower: Array.from(lower),
    upper: Array.from(upper),
  });
  const evaluation: Evaluation = {
    samples: curve.samples,
    times: Array.from(curve.t),
    control: Array.from(curve.control),
    disentanglement: Array.from(curve.disentanglement),
    definition: curve.definition,
    bands: { confidence, control: band(bands.control), disentanglement: band(bands.disentanglement) },
    perAttribute: curve.perAttribute.map((values) => values && Array.from(values)),
    maxControl: Math.max(...curve.control),
    lengthForHalf: editLengthForControl(curve, 0.5),
  };
  await writeJsonAtomic(join(folder, EVALUATION_FILE), evaluation);
}

async function measure(
  context: StepContext,
  scratch: string,
  edit: Edit,
  method: Method,
  codes: KeptLabelsOptions["codes"],
): Promise<LabelsAlong> {
  const { config, signal, progress } = context;
  const { times, maxTime, batchSize } = config.evaluate;
  const { model } = await context.model();
  const file = await context.folder.read(directionJob(edit, method), DIRECTION_FILE);
  const direction = await readDirection(context.folder, edit, method);
  try {
    return await keptLabelsAlong(direction, {
      ...{ model, codes, batchSize, scratch },
      madeOf: hashOf(file) + hashOf(new Uint8Array(codes.data.buffer)),
      times: spaced(maxTime, times),
      onProgress: ({ codes: done, total }) => progress(done / total),
      ...(signal && { signal }),
    });
  } finally {
    direction.dispose();
  }
}

/** The CD curve of labels along an edit. Starts are chosen by class already. */
export function curveOf(labels: Labels, edit: Edit, { config, networks }: Experiment): CdCurve {
  const { evaluate } = config;
  return cdCurve(labels, {
    attributeIndex: edit.index,
    classes: networks.attributes.map(({ classes }) => classes),
    control: evaluate.control,
    target: edit.to,
    times: spaced(evaluate.maxTime, evaluate.times),
  });
}

/** Labels that an evaluation kept. */
export async function readLabels(folder: RunFolder, edit: Edit, method: Method): Promise<Labels> {
  const { data, shape } = (await readTensors(folder, evaluateJob(edit, method), LABELS_FILE)).get("labels")!;
  return { data: data as Labels["data"], shape: shape as unknown as Labels["shape"] };
}

/** Held-out rows that an evaluation started from. */
export async function readStarts(folder: RunFolder, edit: Edit, method: Method): Promise<number[]> {
  return Array.from((await readTensors(folder, evaluateJob(edit, method), LABELS_FILE)).get("rows")!.data as Int32Array);
}
