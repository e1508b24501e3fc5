import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import {
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isFunction,
  isGiven,
  type OptionValues,
  readOptions,
  SIGNAL,
} from "@latentflow/core";
import { writeJsonAtomic } from "@latentflow/core/files";
import { isText } from "../checks.js";
import { ConfigError, ExperimentsError } from "../errors.js";
import { experimentOf } from "../experiment/experiment.js";
import { explainFailure } from "../explain-failure.js";
import { type Extensions, tablesWith } from "../extensions/extensions.js";
import { tablesOf } from "../extensions/tables-of.js";
import { REPORT_PAGE, reportFiles, writeFiles } from "../report/write-report.js";
import type { ExperimentResults } from "../results/index.js";
import { copyPictures } from "../store/copy-pictures.js";
import { type RunFile, readRunFile } from "../store/run-file.js";
import { RunFolder } from "../store/run-folder.js";
import { collectResults } from "./collect-results.js";
import { doJobs } from "./do-jobs.js";
import type { RunEvent } from "./events.js";
import { mergingJobs } from "./pending.js";
import { Plan } from "./plan.js";
import { Session } from "./session.js";

const RESULTS_FILE = "results.json";

const REPORT = {
  /** Folder for the report, its tables, figures and pictures, in place of the run's: of a run on a disk that can't be written. */
  to: { optional: true, is: isText, expected: "a folder" },
  /** Methods and analyses that the run was made with, unless its configuration names their module. */
  extensions: { optional: true, is: isGiven<Extensions>, expected: "extensions" },
  onEvent: { optional: true, is: isFunction<(event: RunEvent) => void>, expected: "a function" },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface ReportOptions extends GivenOptions<typeof REPORT> {}

export interface RunResult {
  readonly results: ExperimentResults;
  /** Path of the report. */
  readonly report: string;
}

/**
 * Brings together what a run's folder holds, finished or not: comparisons, `results.json` and the report. Loads no networks. Of a folder that
 * can't be written, what is finished is brought together; the report goes to the folder `to`, or stays where it says the same already.
 *
 * @throws ConfigError when the folder holds no run; ExperimentsError for what goes wrong on the way; AbortError when stopped by the signal
 */
export async function reportExperiment(out: string, options: ReportOptions = {}): Promise<RunResult> {
  const { to = out, extensions, onEvent, signal } = readReportOptions("reportExperiment", options);
  const { folder, plan, rerun } = await openRun("reportExperiment", out, extensions);
  if (await canWrite(folder)) {
    await folder.clean();
    const session = new Session({ config: plan.experiment.config, folder, engine: "auto", signal });
    const jobs = await mergingJobs(plan, folder);
    await doJobs(jobs, plan, { ...{ session, folder, workers: 1, engine: "auto" as const }, ...{ onEvent, signal } });
  }
  return finish(plan, { folder, rerun, to });
}

/** What says how a report is written: asked before anything is. */
export function readReportOptions(caller: string, options: ReportOptions): OptionValues<typeof REPORT> {
  const read = readOptions(caller, REPORT, options, ConfigError);
  tablesWith(caller, read.extensions);
  return read;
}

/** A run's folder with what its file says. */
export async function openRun(
  caller: string,
  out: string,
  extensions?: Extensions,
): Promise<RunFile & { readonly folder: RunFolder; readonly plan: Plan }> {
  if (typeof out !== "string" || out === "")
    throw new ConfigError(`${caller}: expected the folder of a run, got ${describeValue(out)}.`);
  const folder = new RunFolder(out);
  const known = await readRunFile(folder);
  if (known === null)
    throw new ConfigError(`${caller}: expected a run in ${out}, got a folder without run.json. Give the run's --out.`);
  const tables = await tablesOf(caller, known.config, extensions);
  return { ...known, folder, plan: new Plan(experimentOf(known.config, known.world, tables)) };
}

interface FinishOptions {
  readonly folder: RunFolder;
  readonly rerun: string;
  /** Folder of the report; default: the run's. */
  readonly to?: string;
}

/** Writes what all finished jobs say. */
export async function finish(plan: Plan, { folder, rerun, to = folder.path }: FinishOptions): Promise<RunResult> {
  const results = await collectResults(plan, folder, rerun);
  const elsewhere = resolve(to) !== resolve(folder.path);
  const files = await reportFiles(results, folder.path, plan.experiment.analyses);
  try {
    await writeResults(results, to);
    await writeFiles(files, to);
    if (elsewhere) await copyPictures(results, folder.path, to);
  } catch (cause) {
    const reason = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause;
    throw new ExperimentsError(`report: could not write into ${to}: ${explainFailure(reason)}. Another folder: --to.`, {
      cause,
    });
  }
  return { results, report: join(to, REPORT_PAGE) };
}

/** Writes the results unless they are there already. */
async function writeResults(results: ExperimentResults, folder: string): Promise<void> {
  const path = join(folder, RESULTS_FILE);
  const old = await readFile(path, "utf8").catch(() => null);
  if (old !== `${JSON.stringify(results, null, 2)}\n`) await writeJsonAtomic(path, results, { within: folder });
}

async function canWrite(folder: RunFolder): Promise<boolean> {
  return folder.check().then(
    () => true,
    () => false,
  );
}
