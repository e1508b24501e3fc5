import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { checkChoice, checkNumber, checkOptions } from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { resolveConfig } from "./config/resolve.js";
import type { ExperimentConfig, ExperimentOptions } from "./config/types.js";
import { ConfigError } from "./errors.js";
import type { RunEvent } from "./events.js";
import { executeJob } from "./jobs/execute.js";
import { type Job, STEPS, type StepName } from "./jobs/job.js";
import { Plan } from "./jobs/plan.js";
import { type Lane, schedule } from "./jobs/schedule.js";
import { Session } from "./jobs/session.js";
import { checkShard, type Shard } from "./jobs/shard.js";
import { WorkerLane } from "./jobs/worker-lane.js";
import type { EngineName } from "./model/auto-model.js";
import { writeReport } from "./report/index.js";
import type { ExperimentResults } from "./results.js";
import { RUN_VERSION, type RunFile, readRunFile, writeRunFile } from "./run-file.js";
import { collectResults } from "./steps/collect.js";
import { hashOfJson } from "./store/hash.js";
import { RunFolder } from "./store/run-folder.js";
import { editsOf, type World } from "./world.js";

export interface RunOptions {
  /** Folder of the run. One that holds a part of it is continued. */
  readonly out: string;
  /** Default: all. What they need is done, too. */
  readonly steps?: readonly StepName[];
  /** Default "auto". */
  readonly engine?: EngineName;
  /** Worker threads (default 1: this thread). */
  readonly workers?: number;
  /** Do one slice of the attribute × method pairs; `report` then brings all slices together. */
  readonly shard?: Shard | null;
  /** For the report: the command that makes this again. */
  readonly rerun?: string;
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops after the iteration in progress; finished jobs and checkpoints stay. */
  readonly signal?: AbortSignal;
}

export interface RunResult {
  readonly results: ExperimentResults;
  /** Path of the report. */
  readonly report: string;
}

export const MAX_WORKERS = 256;

const KNOWN = ["out", "steps", "engine", "workers", "shard", "rerun", "onEvent", "signal"];

/**
 * Runs an experiment from sampling to the report, or goes on with one: what the folder holds with the same settings is kept.
 *
 * @returns null when only a part was asked for (`steps`, `shard`): there is no report then
 * @throws ConfigError for wrong settings; ExperimentsError for what goes wrong on the way; AbortError when stopped by the signal
 */
export async function runExperiment(options: ExperimentOptions | ExperimentConfig, run: RunOptions): Promise<RunResult | null> {
  checkOptions("runExperiment", run, KNOWN, ConfigError);
  const config = resolveConfig(options);
  const { engine = "auto", shard = null, steps = STEPS, signal } = run;
  for (const step of steps) checkChoice("runExperiment", "steps", step, STEPS, ConfigError);
  if (shard !== null) checkShard("runExperiment", shard);
  const workers = checkNumber(
    "runExperiment",
    "workers",
    run.workers ?? 1,
    { min: 1, max: MAX_WORKERS, integer: true },
    ConfigError,
  );
  const folder = new RunFolder(run.out);
  await folder.open();
  const known = await readRunFile(folder);
  const begun = worldOf(known, config);
  const settled = engine === "auto" && begun !== null ? begun.environment.engine.name : engine;
  const backend = begun?.environment.backend.name;
  const session = new Session({ config, folder, engine: settled, backend, threads: threadsFor(workers), signal });
  try {
    const found = begun ?? (await session.discover());
    // Slices of a cluster begin together: the first to have looked decides what the run is made with.
    const world = begun ?? worldOf(await readRunFile(folder), config) ?? found;
    // Also where nothing is left to do: networks that were replaced since must not be taken for those of the results.
    if (world !== found || begun !== null) await session.context(world).model();
    const edits = editsOf(config, world.attributes);
    const rerun = run.rerun ?? known?.rerun ?? "";
    await writeRunFile(folder, { format: "latentflow-run", version: RUN_VERSION, config, world, rerun });
    const plan = new Plan(config, world, edits);
    const jobs = await pendingJobs(plan, plan.select(steps, shard), folder, shard);
    await doJobs(jobs, plan, { world, session, folder, config, workers, engine: settled, run });
    if (shard !== null || steps.length < STEPS.length) return null;
    return await finish(plan, { config, world, folder, rerun });
  } finally {
    await session.dispose();
  }
}

/**
 * Brings together what a run's folder holds, finished or not: comparisons, `results.json` and the report. Loads no networks.
 *
 * @throws ExperimentsError when the folder holds no run
 */
export async function reportExperiment(out: string, options: Pick<RunOptions, "onEvent" | "signal"> = {}): Promise<RunResult> {
  checkOptions("reportExperiment", options, ["onEvent", "signal"], ConfigError);
  const folder = new RunFolder(out);
  const known = await readRunFile(folder);
  if (known === null)
    throw new ConfigError(`report: expected a run in ${out}, got a folder without run.json. Give the run's --out.`);
  const { config, world, rerun } = known;
  await folder.open();
  const plan = new Plan(config, world, editsOf(config, world.attributes));
  const session = new Session({ config, folder, engine: "auto", signal: options.signal });
  const jobs = await mergingJobs(plan, folder);
  await doJobs(jobs, plan, { world, session, folder, config, workers: 1, engine: "auto", run: { out, ...options } });
  return finish(plan, { config, world, folder, rerun });
}

interface Doing {
  readonly world: World;
  readonly session: Session;
  readonly folder: RunFolder;
  readonly config: ExperimentConfig;
  readonly workers: number;
  readonly engine: EngineName;
  readonly run: RunOptions;
}

async function doJobs(jobs: readonly Job[], plan: Plan, doing: Doing): Promise<void> {
  const { world, session, folder, config, engine, run } = doing;
  const tell = run.onEvent ?? (() => undefined);
  const outline = jobs.map(({ id, images }) => ({ id, images }));
  tell({ type: "begin", folder: folder.path, environment: world.environment, jobs: outline, total: plan.jobs.size });
  const progress =
    ({ id }: Job) =>
    (done: number, images: number) =>
      tell({ type: "progress", job: id, done, images });
  const count = Math.min(doing.workers, jobs.length);
  // Every worker listens, and Node warns of a leak beyond ten.
  if (run.signal) setMaxListeners(0, run.signal);
  const context = session.context(world);
  const here: Lane = { run: (job) => executeJob(job, plan, context, session, progress(job)) };
  const start = { config, world, path: folder.path, engine, threads: threadsFor(doing.workers) ?? availableParallelism() };
  const workers = count > 1 ? Array.from({ length: count }, () => new WorkerLane(start, progress, run.signal)) : [];
  try {
    await schedule(jobs, workers.length > 0 ? workers : [here], {
      signal: run.signal,
      onStart: ({ id }) => tell({ type: "start", job: id }),
      onEnd: ({ id }, { timing }) => tell({ type: "end", job: id, ...timing }),
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.dispose()));
  }
}

async function finish(plan: Plan, about: { config: ExperimentConfig; world: World; folder: RunFolder; rerun: string }) {
  const results = await collectResults(plan, about);
  await writeJsonAtomic(about.folder.file("results.json"), results);
  return { results, report: await writeReport(results, about.folder.path) };
}

/** Targets that are not done, and of what they need only what is not done. Shards begin labelling at different places. */
async function pendingJobs(plan: Plan, targets: readonly Job[], folder: RunFolder, shard: Shard | null): Promise<Job[]> {
  const pending = new Set<string>();
  const visit = async (job: Job): Promise<void> => {
    if (pending.has(job.id) || (await folder.record(job.id, plan.inputsOf(job.id)))) return;
    pending.add(job.id);
    for (const need of job.needs) await visit(plan.jobs.get(need)!);
  };
  for (const job of targets) await visit(job);
  const jobs = [...plan.jobs.values()].filter(({ id }) => pending.has(id));
  if (shard === null) return jobs;
  const sampling = jobs.filter(({ step }) => step === "sample");
  const cut = Math.floor((sampling.length * shard.index) / shard.count);
  return [...sampling.slice(cut), ...sampling.slice(0, cut), ...jobs.filter(({ step }) => step !== "sample")];
}

/** What brings finished pairs together, and has all of them. */
async function mergingJobs(plan: Plan, folder: RunFolder): Promise<Job[]> {
  const done = new Set<string>();
  for (const { id } of plan.jobs.values()) if (await folder.record(id, plan.inputsOf(id))) done.add(id);
  return [...plan.jobs.values()].filter(({ id, needs }) => {
    const merges = needs.some((need) => plan.jobs.get(need)!.pair !== undefined) && plan.jobs.get(id)!.pair === undefined;
    return merges && !done.has(id) && needs.every((need) => done.has(need));
  });
}

/** Several workers share the cores; one leaves the choice to the engine. */
function threadsFor(workers: number): number | undefined {
  return workers === 1 ? undefined : Math.max(1, Math.floor(availableParallelism() / workers));
}

/** What a run's file says of the networks, when they are this configuration's. */
function worldOf(known: RunFile | null, { model, truncation, seed }: ExperimentConfig): World | null {
  const isSame = known !== null && hashOfJson([known.config.model, known.config.truncation]) === hashOfJson([model, truncation]);
  return isSame ? { ...known.world, environment: { ...known.world.environment, seed } } : null;
}
