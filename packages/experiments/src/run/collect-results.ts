import { type Edit, editsOf, type World } from "../config/edits.js";
import type { ExperimentConfig } from "../config/types.js";
import { type Method, methodOf } from "../methods/index.js";
import type {
  Analysis,
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
  SampleRecord,
  Timing,
  TrainingRecord,
} from "../results/experiment-results.js";
import { ANALYSIS_FILE, analyzeJob, PROBES_FILE, probesJob } from "../steps/analyze.js";
import { COMPARISON_FILE, comparisonJobId } from "../steps/compare.js";
import { directionJob } from "../steps/directions.js";
import { EVALUATION_FILE, evaluateJob } from "../steps/evaluate.js";
import { FIT_FILE } from "../steps/fit.js";
import { comparisonPicturesJob, PICTURES_FILE, picturesJob } from "../steps/pictures.js";
import { SUMMARY_FILE, SUMMARY_JOB } from "../steps/sample.js";
import { TRAINING_FILE } from "../steps/train.js";
import type { JobRecord } from "../store/job-record.js";
import type { RunFolder } from "../store/run-folder.js";
import type { Plan } from "./plan.js";

interface About {
  readonly config: ExperimentConfig;
  readonly world: World;
  readonly folder: RunFolder;
  readonly rerun: string;
}

/** All that finished jobs say, in one record. */
export async function collectResults(plan: Plan, { config, world, folder, rerun }: About): Promise<ExperimentResults> {
  const reader = new Reader(plan, folder);
  await reader.look();
  const edits = editsOf(config, world.attributes);
  return {
    format: "latentflow-results",
    version: 1,
    config,
    environment: reader.environment(world.environment),
    attributes: await Promise.all(edits.map((edit) => attributeResult(reader, config, edit))),
    sample: (await reader.json<SampleRecord>(SUMMARY_JOB, SUMMARY_FILE)) ?? noSample(config),
    missing: reader.missing,
    rerun,
    timings: reader.timings,
  };
}

async function attributeResult(reader: Reader, config: ExperimentConfig, edit: Edit): Promise<AttributeResult> {
  const methods = config.methods.map((id) => methodOf(id));
  // A stable sort: within a kind, the configuration's order stays.
  methods.sort((a, b) => Number(a.kind === "nonlinear") - Number(b.kind === "nonlinear"));
  const { name, index, classes, from, to } = edit;
  return {
    ...{ name, index, classes, from, to },
    probes: await reader.json<Probes>(probesJob(edit), PROBES_FILE),
    methods: await Promise.all(methods.map((method) => methodResult(reader, edit, method))),
    comparison: await reader.json<Comparison>(comparisonJobId(edit), COMPARISON_FILE),
    pictures: (await reader.json<PictureRecord[]>(comparisonPicturesJob(edit), PICTURES_FILE)) ?? [],
  };
}

async function methodResult(reader: Reader, edit: Edit, method: Method): Promise<MethodResult> {
  const { id, label, kind, depth } = method;
  const found = directionJob(edit, method);
  return {
    ...{ id, label, kind },
    fit: depth === null ? await reader.json<FitRecord>(found, FIT_FILE) : null,
    training: depth === null ? null : await reader.json<TrainingRecord>(found, TRAINING_FILE),
    evaluation: await reader.json<Evaluation>(evaluateJob(edit, method), EVALUATION_FILE),
    analysis: await reader.json<Analysis>(analyzeJob(edit, method), ANALYSIS_FILE),
    pictures: (await reader.json<PictureRecord[]>(picturesJob(edit, method), PICTURES_FILE)) ?? [],
    none: reader.none(evaluateJob(edit, method)) ?? reader.none(found),
  };
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

  /** Why a finished job has no result; null for one that has, or is not done. */
  none(job: string): NoResultRecord | null {
    return this.done.get(job) ?? null;
  }
}

function noSample({ sample }: ExperimentConfig): SampleRecord {
  return { codes: sample.codes, heldOut: sample.heldOut, attributes: [], association: [] };
}
