import type { Analysis } from "../analyses/analysis.js";
import type { Edit } from "../config/edits.js";
import type { Experiment } from "../experiment/experiment.js";
import { type Training, trainingsOf } from "../experiment/trainings.js";
import { straightFirst } from "../methods/index.js";
import type { Method } from "../methods/method.js";
import type {
  AnalysisRecord,
  AttributeResult,
  Comparison,
  Environment,
  Evaluation,
  ExperimentResults,
  FitRecord,
  MethodResult,
  NoResultRecord,
  PictureRecord,
  Probes,
  Realism,
  SampleRecord,
  Timing,
  TrainingRecord,
  TrainingResult,
} from "../results/index.js";
import {
  analysesOf,
  analysisFile,
  analyzeJob,
  attributeAnalysisJob,
  methodAnalysisJob,
  TOGETHER_FILE,
} from "../steps/analyze.js";
import { COMPARISON_FILE, comparisonJobId } from "../steps/compare.js";
import { directionJob } from "../steps/directions.js";
import { EVALUATION_FILE, evaluateJob } from "../steps/evaluate.js";
import { FIT_FILE, TRAINING_FILE } from "../steps/find.js";
import { comparisonPicturesJob, PICTURES_FILE, picturesJob } from "../steps/pictures.js";
import { REALISM_FILE, realismJob } from "../steps/realism.js";
import { SUMMARY_FILE, SUMMARY_JOB } from "../steps/sample.js";
import type { JobRecord } from "../store/job-record.js";
import type { RunFolder } from "../store/run-folder.js";
import type { Plan } from "./plan.js";

/** All that finished jobs say, in one record. */
export async function collectResults(plan: Plan, folder: RunFolder, rerun: string): Promise<ExperimentResults> {
  const { experiment } = plan;
  const { config, networks, edits } = experiment;
  const reader = new Reader(plan, folder);
  await reader.look();
  return {
    format: "latentflow-results",
    version: 1,
    config,
    environment: reader.environment(networks.environment),
    attributes: await Promise.all(edits.map((edit) => attributeResult(reader, experiment, edit))),
    sample: (await reader.json<SampleRecord>(SUMMARY_JOB, SUMMARY_FILE)) ?? {
      ...{ codes: config.sample.codes, heldOut: config.sample.heldOut },
      ...{ attributes: [], association: [] },
    },
    missing: reader.missing,
    rerun,
    timings: reader.timings,
  };
}

async function attributeResult(reader: Reader, experiment: Experiment, edit: Edit): Promise<AttributeResult> {
  const { name, index, classes, from, to } = edit;
  const values = await reader.values(analysesOf(experiment).ofAttributes, (analysis) => attributeAnalysisJob(edit, analysis));
  // Of the attributes' analyses the probes have a field of their own.
  const { probes = null, ...extra } = values;
  return {
    ...{ name, index, classes, from, to },
    probes: probes as Probes | null,
    methods: await Promise.all(straightFirst(experiment.methods).map((method) => methodResult(reader, experiment, edit, method))),
    comparison: await reader.json<Comparison>(comparisonJobId(edit), COMPARISON_FILE),
    pictures: (await reader.json<PictureRecord[]>(comparisonPicturesJob(edit), PICTURES_FILE)) ?? [],
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

async function methodResult(reader: Reader, experiment: Experiment, edit: Edit, method: Method): Promise<MethodResult> {
  const { id, label, kind, step } = method;
  const found = directionJob(edit, method);
  const trainings = trainingsOf(method, experiment.config).slice(1);
  const extra = await reader.values(analysesOf(experiment).ofMethods, (analysis) => methodAnalysisJob(edit, method, analysis));
  return {
    ...{ id, label, kind },
    fit: step === "fit" ? await reader.json<FitRecord>(found, FIT_FILE) : null,
    training: step === "train" ? await reader.json<TrainingRecord>(found, TRAINING_FILE) : null,
    evaluation: await reader.json<Evaluation>(evaluateJob(edit, method), EVALUATION_FILE),
    ...(await realismOf(reader, experiment, edit, method)),
    ...(trainings.length > 0 && {
      trainings: await Promise.all(trainings.map((one) => trainingResult(reader, experiment, edit, one))),
    }),
    analysis: await reader.json<AnalysisRecord>(analyzeJob(edit, method), TOGETHER_FILE),
    pictures: (await reader.json<PictureRecord[]>(picturesJob(edit, method), PICTURES_FILE)) ?? [],
    none: reader.none(evaluateJob(edit, method)) ?? reader.none(found),
    ...(Object.keys(extra).length > 0 && { extra }),
  };
}

async function trainingResult(
  reader: Reader,
  experiment: Experiment,
  edit: Edit,
  { method, seed }: Training,
): Promise<TrainingResult> {
  return {
    seed,
    training: await reader.json<TrainingRecord>(directionJob(edit, method), TRAINING_FILE),
    evaluation: await reader.json<Evaluation>(evaluateJob(edit, method), EVALUATION_FILE),
    ...(await realismOf(reader, experiment, edit, method)),
  };
}

async function realismOf(
  reader: Reader,
  { networks }: Experiment,
  edit: Edit,
  method: Method,
): Promise<{ realism?: Realism | null }> {
  if (networks.environment.judge === undefined) return {};
  return { realism: await reader.json<Realism>(realismJob(edit, method), REALISM_FILE) };
}

/** Reads what is done, and keeps account of what is not. */
class Reader {
  readonly missing: string[] = [];
  readonly timings: Timing[] = [];
  private readonly records: JobRecord[] = [];
  /** Finished jobs, with why one has no result. */
  private readonly done = new Map<string, NoResultRecord | null>();

  constructor(
    private readonly plan: Plan,
    private readonly folder: RunFolder,
  ) {}

  async look(): Promise<void> {
    for (const { id } of this.plan.jobs.values()) {
      const record = await this.folder.record(id, this.plan.inputsOf(id));
      if (record === null) {
        this.missing.push(id);
        continue;
      }
      this.done.set(id, record.none ?? null);
      this.records.push(record);
      const { seconds, images } = record.timing;
      this.timings.push({ job: id, seconds, images, imagesPerSecond: images > 0 ? images / seconds : null });
    }
  }

  /** The run's, with every version and machine that jobs were done with: a run may outlive an update, and be many machines' work. */
  environment(begun: Environment): Environment {
    const all = this.records.map(({ environment }) => environment);
    if (all.length === 0) return begun;
    const several = (values: readonly (string | undefined)[], between: string) =>
      [...new Set(values)].filter((value) => value !== undefined).join(between);
    const packages = [...new Set(all.flatMap(({ versions }) => Object.keys(versions)))];
    const versions = packages.map((name) => [
      name,
      several(
        all.map((one) => one.versions[name]),
        ", ",
      ),
    ]);
    const machine = several(
      all.map((one) => one.machine),
      "; ",
    );
    return { ...begun, machine, versions: Object.fromEntries(versions) };
  }

  async json<T>(job: string, name: string): Promise<T | null> {
    return this.done.get(job) === null ? this.folder.readJson<T>(job, name) : null;
  }

  /** Values of analyses with jobs of their own, by id; null where one is not done. */
  async values(analyses: readonly Analysis[], jobOf: (analysis: Analysis) => string): Promise<Record<string, unknown>> {
    const read = async (analysis: Analysis) => [analysis.id, await this.json(jobOf(analysis), analysisFile(analysis))] as const;
    return Object.fromEntries(await Promise.all(analyses.map(read)));
  }

  /** Why a finished job has no result; null for one that has, or is not done. */
  none(job: string): NoResultRecord | null {
    return this.done.get(job) ?? null;
  }
}
