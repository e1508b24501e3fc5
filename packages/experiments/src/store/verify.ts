import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { explainFailure } from "../explain-failure.js";
import { hashOf, isSealed } from "./hash.js";
import { JOB_RECORD, type JobRecord } from "./job-record.js";
import type { RunFolder } from "./run-folder.js";

/** A file that is not as it was written. */
export interface Damage {
  /** From the run's folder, with "/". */
  readonly file: string;
  /** "holds other contents than were written", … */
  readonly fault: string;
}

/** What a look at all finished jobs of a run's folder found. */
export interface Verification {
  readonly jobs: number;
  readonly files: number;
  /** Empty when every file is as it was written. */
  readonly damages: readonly Damage[];
}

/**
 * Reads every file of every finished job, and compares length and hash with those that the job's record has. Jobs of other settings that are
 * still there are looked at, too.
 */
export async function verifyFiles(folder: RunFolder): Promise<Verification> {
  const damages: Damage[] = [];
  let [jobs, files] = [0, 0];
  for await (const job of finishedJobs(folder)) {
    jobs++;
    const record = await readRecord(folder, job);
    if (typeof record === "string") {
      damages.push({ file: `${job}/${JOB_RECORD}`, fault: record });
      continue;
    }
    for (const { name, bytes, sha256 } of record.files) {
      files++;
      const fault = await faultOf(folder.file(job, name), bytes, sha256);
      if (fault !== null) damages.push({ file: `${job}/${name}`, fault });
    }
  }
  return { jobs, files, damages };
}

/** The record, or what is wrong with it. */
async function readRecord(folder: RunFolder, job: string): Promise<JobRecord | string> {
  try {
    const record = JSON.parse(await readFile(folder.file(job, JOB_RECORD), "utf8")) as JobRecord | null;
    if (record?.format !== "latentflow-job" || !Array.isArray(record.files)) return "is no record of a job";
    return isSealed(record) ? record : "holds other contents than were written";
  } catch (cause) {
    return cause instanceof SyntaxError ? "is no JSON any more" : `could not be read: ${explainFailure(cause)}`;
  }
}

async function faultOf(path: string, bytes: number, sha256: string): Promise<string | null> {
  try {
    const content = await readFile(path);
    if (content.length !== bytes) return `holds ${content.length} bytes, expected ${bytes}`;
    return hashOf(content) === sha256 ? null : "holds other contents than were written";
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === "ENOENT" ? "is missing" : `could not be read: ${explainFailure(cause)}`;
  }
}

/** Folders with a record, in order. */
async function* finishedJobs(folder: RunFolder, below = ""): AsyncGenerator<string> {
  const entries = await readdir(folder.file(below), { withFileTypes: true });
  if (entries.some(({ name }) => name === JOB_RECORD)) yield below;
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory() && !entry.name.startsWith(".")) yield* finishedJobs(folder, join(below, entry.name));
  }
}
