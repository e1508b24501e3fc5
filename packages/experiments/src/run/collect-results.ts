import { type Edit, editIds } from "../config/edits.js";
import type { Experiment } from "../experiment/experiment.js";
import { type Training, trainingsOf } from "../experiment/trainings.js";
import { straightFirst } from "../methods/index.js";
import type { Method } from "../methods/method.js";
import type {
  AttributeResult,
  Environment,
  ExperimentResults,
  MethodResult,
  NoResultRecord,
  StudyResult,
  Timing,
  TrainingResult,
} from "../results/index.js";
import { STEPS } from "../steps/index.js";
import type { JobOutputs, Step } from "../steps/step.js";
import type { JobRecord } from "../store/job-record.js";
import type { RunFolder } from "../store/run-folder.js";
import { entropyOrder } from "../study/entropy-order.js";
import { readTallies } from "../study/kept-studies.js";
import type { Plan } from "./plan.js";

/** All that finished jobs say, in one record. What no step has something for yet is null or empty, in the place that files of results have for it. */
export async function collectResults(plan: Plan, folder: RunFolder, rerun: string): Promise<ExperimentResults> {
  const { experiment } = plan;
  const { config, networks, edits } = experiment;
  const reader = new Reader(plan, folder);
  await reader.look();
  const { codes, heldOut } = config.sample;
  const empty: ExperimentResults = {
    format: "latentflow-results",
    version: 1,
    config,
    environment: reader.environment(networks.environment),
    attributes: await Promise.all(edits.map((edit) => attributeResult(reader, experiment, edit))),
    sample: { codes, heldOut, attributes: [], association: [] },
    missing: reader.missing,
    rerun,
    timings: reader.timings,
  };
  const results = await filled(empty, (step) => step.ofExperiment?.(reader));
  const studies = await studiesOf(folder, edits, results);
  return studies.length > 0 ? { ...results, studies } : results;
}

/** What people said, with what results say of the flows that they saw. */
async function studiesOf(folder: RunFolder, edits: readonly Edit[], { attributes }: ExperimentResults): Promise<StudyResult[]> {
  const ids = editIds(edits);
  const idOf = (attribute: AttributeResult) => ids[attributes.indexOf(attribute)]!;
  return (await readTallies(folder)).map((tallied) => ({ ...tallied, entropy: entropyOrder(tallied, attributes, idOf) }));
}

async function attributeResult(reader: JobOutputs, experiment: Experiment, edit: Edit): Promise<AttributeResult> {
  const { name, index, classes, from, to } = edit;
  const empty: AttributeResult = {
    ...{ name, index, classes, from, to },
    probes: null,
    methods: await Promise.all(straightFirst(experiment.methods).map((method) => methodResult(reader, experiment, edit, method))),
    comparison: null,
    pictures: [],
  };
  return filled(empty, (step) => step.ofAttribute?.(reader, experiment, edit));
}

async function methodResult(reader: JobOutputs, experiment: Experiment, edit: Edit, method: Method): Promise<MethodResult> {
  const { id, label, kind } = method;
  const [, ...others] = trainingsOf(method, experiment.config);
  const empty: MethodResult = {
    ...{ id, label, kind },
    fit: null,
    ...emptyTraining(experiment),
    ...(others.length > 0 && {
      trainings: await Promise.all(others.map((one) => trainingResult(reader, experiment, edit, one))),
    }),
    analysis: null,
    pictures: [],
    none: null,
  };
  const first = await filled(empty, (step) => step.ofTraining?.(reader, experiment, edit, method));
  return filled(first, (step) => step.ofMethod?.(reader, experiment, edit, method));
}

async function trainingResult(
  reader: JobOutputs,
  experiment: Experiment,
  edit: Edit,
  { method, seed }: Training,
): Promise<TrainingResult> {
  const empty: TrainingResult = { seed, ...emptyTraining(experiment) };
  return filled(empty, (step) => step.ofTraining?.(reader, experiment, edit, method));
}

function emptyTraining({ networks }: Experiment): Omit<TrainingResult, "seed"> {
  return { training: null, evaluation: null, ...(networks.environment.judge !== undefined && { realism: null }) };
}

/** The record with what each step has for it. */
async function filled<T extends object>(empty: T, keptBy: (step: Step) => Promise<Partial<T>> | undefined): Promise<T> {
  return Object.assign(empty, ...(await Promise.all(STEPS.map(keptBy))));
}

/** Reads what is done, and keeps account of what is not. */
class Reader implements JobOutputs {
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

  none(job: string): NoResultRecord | null {
    return this.done.get(job) ?? null;
  }
}
