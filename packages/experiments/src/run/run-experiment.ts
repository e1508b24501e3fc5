import { availableParallelism } from "node:os";
import { checkChoice, checkNumber, checkOptions } from "@latentflow/core";
import type { EngineName } from "@latentflow/engine";
import { editsOf, type World } from "../config/edits.js";
import { resolveConfig } from "../config/resolve.js";
import type { ExperimentConfig, ExperimentOptions } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { STEPS, type StepName } from "../steps/job.js";
import { hashOfJson } from "../store/hash.js";
import { RUN_VERSION, type RunFile, readRunFile, writeRunFile } from "../store/run-file.js";
import { RunFolder } from "../store/run-folder.js";
import { doJobs, threadsFor } from "./do-jobs.js";
import type { RunEvent } from "./events.js";
import { pendingJobs } from "./pending.js";
import { Plan } from "./plan.js";
import { prepare } from "./prepare.js";
import { refuseReplacing, replacedBy } from "./replaced.js";
import { finish, type RunResult } from "./report-experiment.js";
import { Session } from "./session.js";
import { checkShard, type Shard } from "./shard.js";

export interface RunOptions {
  /** Folder of the run. One that holds a part of it is continued. */
  readonly out: string;
  /** Default: all. What they need is done, too. */
  readonly steps?: readonly StepName[];
  /** Default "auto". */
  readonly engine?: EngineName;
  /** Worker threads at most (default 1: this thread); fewer run where the memory is not for so many. */
  readonly workers?: number;
  /** Do one slice of the attribute × method pairs; `report` then brings all slices together. */
  readonly shard?: Shard | null;
  /**
   * Whether finished jobs of other settings may be replaced (default true, and the event `begin` tells which; the command asks for --replace).
   * When false, they are an error before anything is computed.
   */
  readonly replace?: boolean;
  /** For the report: the command that makes this again. */
  readonly rerun?: string;
  readonly onEvent?: (event: RunEvent) => void;
  /** Stops after the iteration in progress; finished jobs and checkpoints stay. */
  readonly signal?: AbortSignal;
}

export const MAX_WORKERS = 256;

const KNOWN = ["out", "steps", "engine", "workers", "shard", "replace", "rerun", "onEvent", "signal"];

/**
 * Runs an experiment from sampling to the report, or goes on with one: what the folder holds with the same settings is kept.
 *
 * @returns null when only a part was asked for (`steps`, `shard`): there is no report then
 * @throws ConfigError for wrong settings; ExperimentsError for what goes wrong on the way; AbortError when stopped by the signal
 */
export async function runExperiment(options: ExperimentOptions | ExperimentConfig, run: RunOptions): Promise<RunResult | null> {
  checkOptions("runExperiment", run, KNOWN, ConfigError);
  const config = resolveConfig(options);
  const { engine = "auto", shard = null, steps = STEPS, replace = true, signal } = run;
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
    const plan = new Plan(config, world, edits);
    const jobs = await pendingJobs(plan, plan.select(steps, shard), folder, shard);
    const replaced = await replacedBy(jobs, plan, folder, config);
    if (!replace) refuseReplacing(replaced, folder.path);
    const isTraining = (await pendingJobs(plan, plan.select(["train"], null), folder, null)).some(({ step }) => step === "train");
    const before = begun === null ? mostImages(world) : known?.atOnce;
    const prepared = await prepare(jobs, {
      ...{ config, world, session, workers, threads: threadsFor(workers) ?? availableParallelism(), isTraining, signal },
      most: before ?? Number.POSITIVE_INFINITY,
    });
    // One worker where more were meant has all cores to itself.
    if (prepared?.estimate.workers === 1 && Math.min(workers, jobs.length) > 1) await session.release();
    const atOnce = prepared?.atOnce ?? before;
    const isLimited = atOnce !== undefined && Number.isFinite(atOnce);
    await writeRunFile(folder, {
      ...{ format: "latentflow-run", version: RUN_VERSION, config, world, rerun },
      ...(isLimited && { atOnce }),
    });
    await doJobs(jobs, plan, {
      ...{ world, session, folder, config, engine: settled, replaced, onEvent: run.onEvent, signal },
      ...{ workers: prepared?.estimate.workers ?? workers, estimate: prepared?.estimate ?? null },
    });
    if (shard !== null || steps.length < STEPS.length) return null;
    return await finish(plan, { config, world, folder, rerun });
  } finally {
    await session.dispose();
  }
}

/** Pixels asked of the networks at once at most: more make nothing faster, and a stop, which comes between two batches, slow. */
const PIXELS = 2 ** 20;

function mostImages({ environment: { generator } }: World): number {
  return Math.max(1, Math.floor(PIXELS / (generator.height * generator.width)));
}

/** What a run's file says of the networks, when they are this configuration's. */
function worldOf(known: RunFile | null, { model, truncation, seed }: ExperimentConfig): World | null {
  const isSame = known !== null && hashOfJson([known.config.model, known.config.truncation]) === hashOfJson([model, truncation]);
  return isSame ? { ...known.world, environment: { ...known.world.environment, seed } } : null;
}
