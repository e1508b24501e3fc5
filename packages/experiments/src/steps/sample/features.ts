import { nextMacrotask, throwIfAborted } from "@latentflow/core";
import type { RunningModel } from "@latentflow/engine";
import { tensor } from "@tensorflow/tfjs-core";
import type { SampleConfig } from "../../config/types.js";
import { ExperimentsError } from "../../errors.js";
import type { Experiment } from "../../experiment/experiment.js";
import { codeShapeOf } from "../../model/code-shape.js";
import { type CodeArray, codeArray, sizeOf } from "../../model/labelled-codes.js";
import type { RunFolder } from "../../store/run-folder.js";
import { readTensors, writeTensors } from "../../store/tensor-file.js";
import type { Job, Sample, StepContext } from "../job.js";
import { chunksOf } from "./read-sample.js";
import { SUMMARY_JOB } from "./sample.js";

const FEATURES_FILE = "features.safetensors";

export const featuresJob = (k: number) => `sample/features-${String(k).padStart(4, "0")}`;

/**
 * Features of the pictures that edited ones are compared with, chunk by chunk of the sampled codes: the starts, and as many of each class of an edited
 * attribute as there may be starts. None where the networks give no features.
 */
export function featureJobs({ config, networks: { environment }, edits }: Experiment): Job[] {
  const { judge } = environment;
  if (judge === undefined) return [];
  const { sample, evaluate } = config;
  const wanted = edits.map(({ index, from, classes }) => ({ index, from, classes }));
  const most = edits.reduce((sum, { classes }) => sum + (classes + 1) * evaluate.starts, 0);
  const total = sample.codes + sample.heldOut;
  return chunksOf(sample).map(({ start, end }, k) => ({
    id: featuresJob(k),
    step: "sample",
    needs: [SUMMARY_JOB],
    settings: { judge, starts: evaluate.starts, wanted },
    images: Math.round((Math.min(most, total) * (end - start)) / total),
    run: (context, { folder }) => keepFeatures(context, folder, start, end),
  }));
}

async function keepFeatures(context: StepContext, folder: string, start: number, end: number): Promise<void> {
  const { config, networks, signal, progress } = context;
  const width = networks.environment.judge!.features;
  const sample = await context.sample();
  const rows = comparedRows(sample, context).filter((row) => row >= start && row < end);
  const { training, heldOut } = sample;
  const shape = codeShapeOf(config, networks);
  const codes = new Float32Array(rows.length * sizeOf(shape));
  for (const [i, row] of rows.entries()) {
    const { data } = row < training.rows ? training.select([row]) : heldOut.select([row - training.rows]);
    codes.set(data, i * sizeOf(shape));
  }
  const data = new Float32Array(rows.length * width);
  await featuresOf(await context.model(), codeArray(codes, shape), {
    ...{ batchSize: config.sample.batchSize, signal },
    onBatch(values, first) {
      data.set(values, first * width);
      progress((first + values.length / width) / rows.length);
    },
  });
  await writeTensors(folder, FEATURES_FILE, {
    features: { data, shape: [rows.length, width] },
    rows: { data: Int32Array.from(rows), shape: [rows.length] },
  });
}

/** Codes whose pictures may be needed, counted over training and held-out ones, in order. */
function comparedRows({ training, heldOut }: Sample, { edits, config }: Experiment): number[] {
  const rows = new Set<number>();
  for (const { index, from, classes } of edits) {
    for (let label = 0; label < classes; label++)
      for (const row of training.startingAt(index, label, config.evaluate.starts)) rows.add(row);
    for (const row of heldOut.startingAt(index, from, config.evaluate.starts)) rows.add(training.rows + row);
  }
  return [...rows].sort((a, b) => a - b);
}

interface FeaturesOptions {
  readonly batchSize: number;
  readonly signal: AbortSignal | undefined;
  /** @param first row of the batch's first code */
  onBatch(values: Float32Array, first: number): void;
}

/** Features of codes' pictures, batch by batch. */
export async function featuresOf(
  { model }: RunningModel,
  { data, shape: [rows, ...each] }: CodeArray,
  { batchSize, signal, onBatch }: FeaturesOptions,
): Promise<void> {
  if (model.features === undefined)
    throw new ExperimentsError(
      "evaluate: expected networks that give features, as those did with which the run was begun, got others.",
    );
  const size = data.length / rows;
  for (let first = 0; first < rows; first += batchSize) {
    throwIfAborted("evaluate", signal);
    await nextMacrotask();
    const count = Math.min(batchSize, rows - first);
    const w = tensor(data.slice(first * size, (first + count) * size), [count, ...each]);
    const features = await model.features(w).finally(() => w.dispose());
    onBatch(await features.data<"float32">().finally(() => features.dispose()), first);
  }
}

/** Features of some of the sampled codes, counted over training and held-out ones, [rows, features]. */
export async function readFeatures(folder: RunFolder, sample: SampleConfig, rows: readonly number[]): Promise<Float32Array> {
  const places = new Map<number, number[]>();
  for (const [i, row] of rows.entries()) {
    const chunk = Math.floor(row / sample.chunk);
    const wanted = places.get(chunk) ?? [];
    wanted.push(i);
    places.set(chunk, wanted);
  }
  let found: Float32Array | undefined;
  for (const [chunk, wanted] of places) {
    const kept = await readTensors(folder, featuresJob(chunk), FEATURES_FILE);
    const { data, shape } = kept.get("features")!;
    const place = new Map(Array.from(kept.get("rows")!.data as Int32Array, (row, k) => [row, k]));
    const width = shape[1]!;
    found ??= new Float32Array(rows.length * width);
    for (const i of wanted) {
      const k = place.get(rows[i]!)!;
      found.set((data as Float32Array).subarray(k * width, (k + 1) * width), i * width);
    }
  }
  return found ?? new Float32Array(0);
}
