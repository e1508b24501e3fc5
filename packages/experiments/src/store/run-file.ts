import { readFile } from "node:fs/promises";
import { writeJsonAtomic } from "@latentflow/core/files";
import { underTodaysNames } from "../config/old-names.js";
import type { ExperimentConfig } from "../config/types.js";
import { ExperimentsError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import type { NetworkInfo } from "../results/index.js";
import { hashOfJson, sealed } from "./hash.js";
import type { RunFolder } from "./run-folder.js";

export const RUN_FILE = "run.json";

/** Raised when what the file says changes. */
export const RUN_VERSION = 1;

/** `run.json`: what a folder is a run of. */
export interface RunFile {
  readonly format: "latentflow-run";
  readonly version: typeof RUN_VERSION;
  readonly config: ExperimentConfig;
  readonly world: NetworkInfo;
  /** The command that makes the run again. */
  readonly rerun: string;
  /** Images asked of the networks at once at most: parts of batches round otherwise. Absent: as many as there are in a batch. */
  readonly atOnce?: number;
  /** Hash of all else in this file; those of earlier versions have none. */
  readonly seal?: string;
}

/** What the folder holds; null when it holds no run yet. */
export async function readRunFile(folder: RunFolder): Promise<RunFile | null> {
  const text = await readFile(folder.file(RUN_FILE), "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return null;
    throw new ExperimentsError(`run: could not read ${folder.file(RUN_FILE)}: ${explainFailure(cause)}.`, { cause });
  });
  if (text === null) return null;
  try {
    const file = JSON.parse(text) as RunFile;
    if (file.format === "latentflow-run" && file.version === RUN_VERSION)
      return { ...file, config: underTodaysNames(file.config) };
  } catch {
    // Not JSON: the error below says what to do.
  }
  throw new ExperimentsError(
    `run: expected ${folder.file(RUN_FILE)} to be a run's of this version, got another file. Give another --out, or delete it: finished jobs are kept.`,
  );
}

/** Writes the file unless it says the same already. */
export async function writeRunFile(folder: RunFolder, file: RunFile): Promise<void> {
  const old = await readRunFile(folder);
  const { seal: _, ...before } = old ?? {};
  if (hashOfJson(before) !== hashOfJson(file))
    await writeJsonAtomic(folder.file(RUN_FILE), sealed(file), { within: folder.path });
}
