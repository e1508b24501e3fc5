import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import type { RunningModel } from "@latentflow/engine";
import type { Direction } from "@latentflow/latent-edit";
import {
  type CdCurve,
  type CodeRegion,
  codeDistances,
  codeRegion,
  editLengthForControl,
  frechetDistance,
  type Labels,
} from "@latentflow/metrics";
import { argMax, dispose, reshape, slice, tensor, tidy } from "@tensorflow/tfjs-core";
import type { Edit } from "../../config/edits.js";
import type { Experiment } from "../../experiment/experiment.js";
import { trainingsOf } from "../../experiment/trainings.js";
import type { Method } from "../../methods/method.js";
import { codeShapeOf } from "../../model/code-shape.js";
import { type CodeArray, type LabelledCodes, pointsOf } from "../../model/labelled-codes.js";
import { LEAST_CONTROL, REALISM_LEVELS, type Realism, type RealismAt } from "../../results/index.js";
import { mean, spaced } from "../../results/numbers.js";
import { ofTheData } from "../../store/no-result.js";
import { readDirection } from "../find/directions.js";
import type { Job, StepContext } from "../job.js";
import { featuresJob, featuresOf, readFeatures } from "../sample/features.js";
import { chunksOf } from "../sample/read-sample.js";
import { curveOf, evaluateJob, readLabels, readStarts } from "./evaluate.js";
import { matchClasses } from "./match-classes.js";
import { changeInterval, distanceInterval, type MeasuredAt, shareInterval, writeMeasured } from "./measured-realism.js";

export const REALISM_FILE = "realism.json";

/** Fewer pictures than these say nothing of a distribution. */
const LEAST_PICTURES = 10;

export const realismJob = (edit: Edit, { id }: Pick<Method, "id">) => `evaluate/${edit.slug}/${id}_realism`;

/** Whether edited pictures still look like the generator's own, for every training of every method; none where the networks give no features. */
export function realismJobs({ config, methods, networks: { environment } }: Experiment, edit: Edit): Job[] {
  const { judge, generator } = environment;
  if (judge === undefined) return [];
  const { resamples, confidence, starts } = config.evaluate;
  const features = chunksOf(config.sample).map((_, k) => featuresJob(k));
  const trainings = methods.flatMap((method) => trainingsOf(method, config));
  return trainings.map(({ method }) => ({
    id: realismJob(edit, method),
    step: "evaluate",
    needs: [evaluateJob(edit, method), ...features],
    settings: {
      slope: generator.mappingSlope ?? null,
      levels: REALISM_LEVELS,
      leastControl: LEAST_CONTROL,
      resamples,
      confidence,
    },
    // Twice each level, for the classes and for the features.
    images: starts * (2 * REALISM_LEVELS.length + 1),
    pair: `${edit.slug}/${method.id}`,
    run: (context, { folder }) => ofTheData("no analysis", () => measureRealism(context, folder, edit, method)),
  }));
}

/** An edit length at which pictures are looked at. */
interface Length {
  readonly control: number;
  readonly t: number;
  /** Place among the measured times, where the labels are known; −1 between them. */
  readonly time: number;
}

async function measureRealism(context: StepContext, folder: string, edit: Edit, method: Method): Promise<void> {
  const { config, networks, folder: run } = context;
  const labels = await readLabels(run, edit, method);
  const rows = await readStarts(run, edit, method);
  const { levels, largest } = lengthsOf(curveOf(labels, edit, context));
  const lengths = largest === null ? [] : [...levels, largest];
  const { training, heldOut } = await context.sample();
  const slope = networks.environment.generator.mappingSlope;
  const region = codeRegion(training.points, slope === undefined ? {} : { slope });
  const starts = heldOut.select(rows);
  const direction = await readDirection(run, edit, method);
  const measured: MeasuredAt[] = [];
  try {
    for (const [k, length] of lengths.entries()) {
      const codes = codesAt(direction, starts, length, config.evaluate);
      const classes = await classesAt(context, labels, edit, codes, length);
      measured.push(await measureAt(context, { edit, codes, classes, region, training, rows, withStarts: length === largest }));
      context.progress((k + 1) / lengths.length);
    }
  } finally {
    direction.dispose();
  }
  await writeMeasured(folder, measured);
  const options = { ...config.evaluate, seed: config.seed };
  const at = lengths.map(({ control, t }, k): RealismAt => {
    const one = measured[k]!;
    return {
      ...{ control, t, pictures: one.edited.ids.length, distance: one.distance },
      interval: distanceInterval(one, options),
      outside: mean(one.outside),
      outsideInterval: shareInterval(one.outside, options),
    };
  });
  const last = measured.at(-1);
  const realism: Realism = {
    levels: at.slice(0, -1),
    largest:
      last === undefined ? null : { ...at.at(-1)!, starts: last.starts?.distance ?? null, change: changeInterval(last, options) },
  };
  await writeJsonAtomic(join(folder, REALISM_FILE), realism);
}

/** The levels that a method reaches, and where its Control is largest. */
function lengthsOf(curve: CdCurve): { levels: Length[]; largest: Length | null } {
  const most = Math.max(...curve.control);
  if (most < LEAST_CONTROL) return { levels: [], largest: null };
  const time = curve.control.indexOf(most);
  const levels = REALISM_LEVELS.filter((level) => level <= most).map((control) => {
    const t = editLengthForControl(curve, control)!;
    return { control, t, time: curve.t.indexOf(t) };
  });
  return { levels, largest: { control: most, t: curve.t[time]!, time } };
}

/** The codes that starts have come to, by the same steps as where they were measured. */
function codesAt(
  direction: Direction,
  { data, shape }: CodeArray,
  { t }: Length,
  evaluate: StepContext["config"]["evaluate"],
): CodeArray {
  const [rows, ...each] = shape;
  const size = data.length / rows;
  const times = [...spaced(evaluate.maxTime, evaluate.times).filter((time) => time < t), t];
  const moved = new Float32Array(data.length);
  for (let first = 0; first < rows; first += evaluate.batchSize) {
    const count = Math.min(evaluate.batchSize, rows - first);
    const end = tidy(() => {
      const w = tensor(data.slice(first * size, (first + count) * size), [count, ...each]);
      return reshape(slice(direction.flow(w, times), times.length - 1, 1), [count, ...each]);
    });
    moved.set(end.dataSync<"float32">(), first * size);
    end.dispose();
  }
  return { data: moved, shape };
}

/** What the regressor says of the edited attribute. */
async function classesAt(
  context: StepContext,
  labels: Labels,
  { index }: Edit,
  codes: CodeArray,
  { time }: Length,
): Promise<Int32Array> {
  const [rows, attributes, times] = labels.shape;
  if (time >= 0) return Int32Array.from({ length: rows }, (_, i) => Number(labels.data[(i * attributes + index) * times + time]));
  const { model }: RunningModel = await context.model();
  const w = tensor(codes.data, [...codes.shape]);
  const logits = await model.logits(w).finally(() => w.dispose());
  const found = tidy(() => argMax(logits[index]!, 1));
  dispose(logits);
  return (await found.data<"int32">().finally(() => found.dispose())) as Int32Array;
}

interface Measure {
  readonly edit: Edit;
  readonly codes: CodeArray;
  /** Of the edited attribute, in the edited pictures. */
  readonly classes: Int32Array;
  readonly region: CodeRegion;
  readonly training: LabelledCodes;
  /** The starts, among the held-out codes. */
  readonly rows: readonly number[];
  readonly withStarts: boolean;
}

async function measureAt(
  context: StepContext,
  { edit, codes, classes, region, training, rows, withStarts }: Measure,
): Promise<MeasuredAt> {
  const { config, networks, folder, signal } = context;
  const outside = Uint8Array.from(codeDistances(region, pointsOf(codes, codeShapeOf(config, networks))), (distance) =>
    distance > region.threshold ? 1 : 0,
  );
  const known = Int32Array.from({ length: training.rows }, (_, i) => training.label(i, edit.index));
  const matched = matchClasses(classes, known);
  const pictures = matched.own.length;
  const edited = { ids: Int32Array.from(matched.edited), classes: Int32Array.from(matched.edited, (i) => classes[i]!) };
  const own = { ids: Int32Array.from(matched.own), classes: Int32Array.from(matched.own, (i) => known[i]!) };
  const none = new Float64Array(pictures);
  if (pictures < LEAST_PICTURES)
    return { outside, distance: null, edited: { ...edited, influence: none }, own: { ...own, influence: none }, starts: null };
  const width = networks.environment.judge!.features;
  const features = new Float32Array(rows.length * width);
  await featuresOf(await context.model(), codes, {
    ...{ batchSize: config.evaluate.batchSize, signal },
    onBatch: (values, first) => features.set(values, first * width),
  });
  const shape = [pictures, width] as const;
  const after = { data: pick(features, matched.edited, width), shape };
  const theirs = { data: await readFeatures(folder, config.sample, matched.own), shape };
  const { distance, influenceA, influenceB } = frechetDistance(after, theirs);
  const result = { outside, distance, edited: { ...edited, influence: influenceA }, own: { ...own, influence: influenceB } };
  if (!withStarts) return { ...result, starts: null };
  const before = matched.edited.map((i) => config.sample.codes + rows[i]!);
  const still = frechetDistance({ data: await readFeatures(folder, config.sample, before), shape }, theirs);
  return { ...result, starts: { distance: still.distance, influence: still.influenceA, ownInfluence: still.influenceB } };
}

/** Some rows of a matrix. */
function pick(data: Float32Array, rows: readonly number[], width: number): Float32Array {
  const picked = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) picked.set(data.subarray(row * width, (row + 1) * width), i * width);
  return picked;
}
