import { availableParallelism } from "node:os";
import { checkChoice, type DeclaredOptions, type GivenOptions, isFunction, isGiven, readOptions, SIGNAL } from "@latentflow/core";
import { checkList, isText } from "../checks.js";
import { checkForMethods, completeConfig } from "../config/resolve.js";
import type { ExperimentConfig, ExperimentOptions } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { experimentOf } from "../experiment/experiment.js";
import { type Extensions, tablesWith } from "../extensions/extensions.js";
import { tablesOf } from "../extensions/tables-of.js";
import { lookAtFiles } from "../methods/file-look.js";
import { engineOf } from "../model/engine-of.js";
import type { NetworkInfo } from "../results/index.js";
import { STEP_NAMES, type StepName } from "../steps/job.js";
import { hashOfJson } from "../store/hash.js";
import { RUN_VERSION, type RunFile, readRunFile, writeRunFile } from "../store/run-file.js";
import { RunFolder } from "../store/run-folder.js";
import { doJobs, threadsFor } from "./do-jobs.js";
import type { RunEvent } from "./events.js";
import { imagesAtOnce } from "./most-images.js";
import { pendingJobs } from "./pending.js";
import { Plan } from "./plan.js";
import { prepare } from "./prepare.js";
import { refuseReplacing, replacedBy } from "./replaced.js";
import { finish, type RunResult } from "./report-experiment.js";
import { Session } from "./session.js";
import { checkShard } from "./shard.js";

export const MAX_WORKERS = 256;

const RUN = {
  /** Folder of the run. One that holds a part of it is continued. */
  out: { is: isText, expected: "a folder's path" },
  /** Default: all. What they need is done, too. */
  steps: { default: STEP_NAMES, check: checkSteps },
  /** Default "auto". */
  engine: { default: "auto", choices: ["auto", "onnx", "tfjs"] },
  /** Worker threads at most (default 1: this thread); fewer run where the memory is not for so many. */
  workers: { default: 1, min: 1, max: MAX_WORKERS, integer: true },
  /** Do one slice of the attribute × method pairs; `report` then brings all slices together. */
  shard: { default: null, check: checkShard },
  /**
   * Whether finished jobs of other settings may be replaced (default true, and the event `begin` tells which; the command asks for --replace).
   * When false, they are an error before anything is computed.
   */
  replace: { default: true },
  /**
   * Methods and analyses of your own, beside those of the configuration's `extensions`. They are functions, which can't cross to other threads: for
   * more than one worker, put them into a module and name that in the configuration.
   */
  extensions: { optional: true, is: isGiven<Extensions>, expected: "extensions" },
  /** For the report: the command that makes this again. */
  rerun: { optional: true, is: (value: unknown): value is string => typeof value === "string", expected: "a text" },
  onEvent: { optional: true, is: isFunction<(event: RunEvent) => void>, expected: "a function" },
  /** Stops after the iteration in progress; finished jobs and checkpoints stay. */
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface RunOptions extends GivenOptions<typeof RUN> {}

function checkSteps(caller: string, steps: readonly StepName[]): readonly StepName[] {
  checkList(caller, "steps", steps);
  for (const step of steps) checkChoice(caller, "steps", step, STEP_NAMES, ConfigError);
  return steps;
}

/**
 * Runs an experiment from sampling to the report, or goes on with one: what the folder holds with the same settings is kept.
 *
 * @returns null when only a part was asked for (`steps`, `shard`): there is no report then
 * @throws ConfigError for wrong settings; ExperimentsError for what goes wrong on the way; AbortError when stopped by the signal
 */
export async function runExperiment(options: ExperimentOptions | ExperimentConfig, run: RunOptions): Promise<RunResult | null> {
  const settings = readOptions("runExperiment", RUN, run, ConfigError);
  const { out, engine, shard, steps, replace, rerun: command, extensions, workers, onEvent, signal } = settings;
  const config = completeConfig(options, tablesWith("runExperiment", extensions).methods);
  const tables = await tablesOf("runExperiment", config, extensions);
  checkForMethods(config, tables.methods);
  if (workers > 1 && extensions !== undefined) {
    throw new ConfigError(
      `runExperiment: expected workers 1 with \`extensions\`, got ${workers}: functions can't cross to other threads. Put them into a module, and its path into the configuration's \`extensions\`.`,
    );
  }
  const folder = new RunFolder(out);
  await folder.open();
  const known = await readRunFile(folder);
  const begun = networksOf(known, config);
  const settled = engine === "auto" && begun !== null ? engineOf(begun) : engine;
  const backend = begun?.environment.backend.name;
  const session = new Session({ config, folder, engine: settled, backend, threads: threadsFor(workers), signal });
  try {
    const found = begun ?? (await session.discover());
    // Slices of a cluster begin together: the first to have looked decides what the run is made with.
    const looked = begun ?? networksOf(await readRunFile(folder), config) ?? found;
    const files = await lookAtFiles(config, looked, { before: known?.world.files, ready: () => session.ready() });
    const networks = withFiles(looked, files);
    const experiment = experimentOf(config, networks, tables);
    // Also where nothing is left to do: networks that were replaced since must not be taken for those of the results.
    if (looked !== found || begun !== null) await session.context(experiment).model();
    const rerun = command ?? known?.rerun ?? "";
    const plan = new Plan(experiment);
    const jobs = await pendingJobs(plan, plan.select(steps, shard), folder, shard);
    const replaced = await replacedBy(jobs, plan, folder, config);
    if (!replace) refuseReplacing(replaced, folder.path);
    const isTraining = (await pendingJobs(plan, plan.select(["train"], null), folder, null)).some(({ step }) => step === "train");
    const before = begun === null ? imagesAtOnce(networks.environment.generator) : known?.atOnce;
    const prepared = await prepare(jobs, {
      ...{ experiment, session, workers, threads: threadsFor(workers) ?? availableParallelism(), isTraining, signal },
      most: before ?? Number.POSITIVE_INFINITY,
    });
    // One worker where more were meant has all cores to itself.
    if (prepared?.estimate.workers === 1 && Math.min(workers, jobs.length) > 1) await session.release();
    const atOnce = prepared?.atOnce ?? before;
    const isLimited = atOnce !== undefined && Number.isFinite(atOnce);
    await writeRunFile(folder, {
      ...{ format: "latentflow-run", version: RUN_VERSION, config, world: networks, rerun },
      ...(isLimited && { atOnce }),
    });
    await doJobs(jobs, plan, {
      ...{ session, folder, engine: settled, replaced, onEvent, signal },
      ...{ workers: prepared?.estimate.workers ?? workers, estimate: prepared?.estimate ?? null },
    });
    if (shard !== null || steps.length < STEP_NAMES.length) return null;
    return await finish(plan, { folder, rerun });
  } finally {
    await session.dispose();
  }
}

function withFiles({ files: _, ...networks }: NetworkInfo, files: NetworkInfo["files"]): NetworkInfo {
  return files === undefined ? networks : { ...networks, files };
}

/** The settings that the frozen networks hang on. */
const frozenOf = (config: Pick<ExperimentConfig, "model" | "truncation" | "truncationCutoff">) => [
  config.model,
  config.truncation,
  config.truncationCutoff ?? null,
];

/** What a run's file says of the networks, when they are this configuration's. */
function networksOf(known: RunFile | null, config: ExperimentConfig): NetworkInfo | null {
  const isSame = known !== null && hashOfJson(frozenOf(known.config)) === hashOfJson(frozenOf(config));
  return isSame ? { ...known.world, environment: { ...known.world.environment, seed: config.seed } } : null;
}
