import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { writeJsonAtomic } from "@latentflow/core/files";
import { underTodaysNames } from "../config/old-names.js";
import { ExperimentsError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import { hashOf, sealed } from "./hash.js";
import { isAlive } from "./is-alive.js";
import { JOB_RECORD, type JobRecord, type OutputFile } from "./job-record.js";
import { makeFolder } from "./make-folder.js";
import { NoResult } from "./no-result.js";

/**
 * The folder of a run. Each job owns one folder below it, which appears as a whole by a rename, with `job.json` inside: what it was made from and
 * what it holds. Whoever sees the folder sees a finished job, so any number of processes may share a run, and any of them may be killed.
 */
export class RunFolder {
  constructor(readonly path: string) {}

  /** Makes the folder, checks that files can be written there, and cleans it. */
  async open(): Promise<void> {
    await this.check();
    await this.clean();
  }

  /** @throws ExperimentsError when no folder can be made there */
  async check(): Promise<void> {
    try {
      await makeFolder(this.path);
      const probe = join(this.path, `.${randomBytes(6).toString("hex")}.tmp`);
      await mkdir(probe);
      await rm(probe, { recursive: true });
    } catch (cause) {
      throw new ExperimentsError(`run: could not write into ${this.path}: ${explainFailure(cause)}.`, { cause });
    }
  }

  file(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  /** The job's record if it is done with just these inputs. */
  async record(job: string, inputs: string): Promise<JobRecord | null> {
    const record = await this.readRecord(job);
    return record?.inputs === inputs ? record : null;
  }

  /**
   * Does a job unless it is done: `work` writes into a folder of its own, which then becomes the job's. A failure leaves nothing behind and
   * touches nothing else.
   */
  async make(
    job: string,
    inputs: string,
    work: (folder: string) => Promise<Pick<JobRecord, "config" | "environment" | "timing" | "none">>,
  ): Promise<JobRecord> {
    const before = await this.readRecord(job);
    if (before?.inputs === inputs) return before;
    const target = this.file(job);
    const temporary = join(
      dirname(target),
      `.${basename(target)}.${hostname()}-${process.pid}-${randomBytes(3).toString("hex")}.tmp`,
    );
    try {
      await mkdir(temporary, { recursive: true });
      const about = await work(temporary);
      const record = sealed({ format: "latentflow-job" as const, job, inputs, files: await outputsOf(temporary), ...about });
      await writeJsonAtomic(join(temporary, JOB_RECORD), record);
      await this.replace(job, { before: before?.inputs, inputs }, temporary);
      return record;
    } catch (error) {
      await rm(temporary, { recursive: true, force: true }).catch(() => undefined);
      // Another process that did the same job may have finished it, and cleaned up what both went on from.
      const others = await this.record(job, inputs);
      if (others) return others;
      throw explainedDiskError(job, error);
    }
  }

  /**
   * A file of a finished job, whole: length and contents are those that were written.
   *
   * @throws NoResult when the job is done and has none; ExperimentsError for a file that is not as it was written
   */
  async read(job: string, name: string): Promise<Uint8Array> {
    // Another process may just be putting its result in this one's place.
    for (const pause of PAUSES) {
      const bytes = await this.readOnce(job, name).catch((error) => {
        if (error instanceof NoResult) throw error;
        return null;
      });
      if (bytes) return bytes;
      await sleep(pause);
    }
    return this.readOnce(job, name);
  }

  private async readOnce(job: string, name: string): Promise<Uint8Array> {
    const again = `Delete the folder ${job} and run again: the rest is kept.`;
    const record = await this.readRecord(job);
    if (record?.none) throw new NoResult(record.none);
    const expected = record?.files.find((file) => file.name === name);
    if (!expected) throw new ExperimentsError(`run: expected ${job}/${name} in ${this.path}, got none. ${again}`);
    const bytes = await readFile(this.file(job, name)).catch((cause) => {
      throw new ExperimentsError(`run: could not read ${job}/${name}: ${explainFailure(cause)}. ${again}`, { cause });
    });
    if (bytes.length !== expected.bytes) {
      throw new ExperimentsError(
        `run: expected ${job}/${name} to hold ${expected.bytes} bytes, got ${bytes.length}: the file is truncated or was changed. ${again}`,
      );
    }
    if (hashOf(bytes) !== expected.sha256)
      throw new ExperimentsError(`run: expected ${job}/${name} as it was written, got other contents. ${again}`);
    return bytes;
  }

  async readJson<T>(job: string, name: string): Promise<T> {
    return JSON.parse(Buffer.from(await this.read(job, name)).toString("utf8")) as T;
  }

  /** The record of a finished job, with whatever inputs; null where none is. */
  async readRecord(job: string): Promise<JobRecord | null> {
    const text = await readFile(this.file(job, JOB_RECORD), "utf8").catch(() => null);
    if (text === null) return null;
    try {
      const record = JSON.parse(text) as Partial<JobRecord> | null;
      if (record?.format === "latentflow-job" && Array.isArray(record.files))
        return { ...(record as JobRecord), config: underTodaysNames(record.config!) };
    } catch {
      // Another file, as far as this run is concerned.
    }
    // What is no record does not count: the job is done again.
    return null;
  }

  /**
   * Puts a finished folder in the place of what stood there `before`. When another process was faster with the same job, its result stands; what
   * a run with other settings put there meanwhile stands, too.
   */
  private async replace(job: string, { before, inputs }: { before?: string | undefined; inputs: string }, temporary: string) {
    const target = this.file(job);
    const now = await this.readRecord(job);
    if (now?.inputs === inputs) return rm(temporary, { recursive: true, force: true });
    if (now !== null && now.inputs !== before) throw otherSettings(job, job, this.path);
    const old = `${temporary}.old`;
    const moved = await rename(target, old).then(
      () => true,
      (error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return false;
        throw error;
      },
    );
    try {
      await rename(temporary, target);
    } catch (error) {
      // Between the two renames another process was faster, or the folder can't be written any more.
      const theirs = await this.readRecord(job);
      if (theirs === null && moved) await rename(old, target).catch(() => undefined);
      else if (moved) await rm(old, { recursive: true, force: true });
      if (theirs === null) throw error;
      if (theirs.inputs !== inputs) throw otherSettings(job, job, this.path);
      return rm(temporary, { recursive: true, force: true });
    }
    if (moved) await rm(old, { recursive: true, force: true });
  }

  /**
   * Removes what killed processes of this machine left.
   *
   * @param below a folder's path from the run's
   */
  async clean(below = ""): Promise<void> {
    // Other processes finish jobs meanwhile: a folder may be gone when it is looked into.
    const entries = await readdir(this.file(below), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(below, entry.name);
      if (await this.isLeft(below, entry.name)) await rm(this.file(path), { recursive: true, force: true });
      else if (entry.isDirectory() && !entry.name.startsWith(".")) await this.clean(path);
    }
  }

  /** Whether nobody needs a file or folder: a killed process of this machine made it, it is old and half-written, or its job is done. */
  private async isLeft(below: string, name: string): Promise<boolean> {
    // No job's name has a dot; a machine's may.
    const owner = /^\.[^.]+\.(.+)-(\d+)-[0-9a-f]{6}\.tmp(\.old)?$/.exec(name);
    if (owner) return owner[1] === hostname() && !isAlive(Number(owner[2]));
    if (/^\.[0-9a-f]{12}\.tmp$/.test(name)) {
      const about = await stat(this.file(below, name)).catch(() => null);
      return about !== null && Date.now() - about.mtimeMs > HALF_WRITTEN;
    }
    const state = /^\.(.+)\.([0-9a-f]{12})\.(?:state|claim)$/.exec(name);
    return state !== null && ((await this.readRecord(join(below, state[1]!)))?.inputs.startsWith(state[2]!) ?? false);
  }
}

/** @param need what is another's now: the job itself, or one that it was made from */
export function otherSettings(job: string, need: string, path: string): ExperimentsError {
  return new ExperimentsError(
    `${job}: expected ${need} to stay as it was while this was made, got another result: a run with other settings writes into ${path}. Run one after the other, or give each its own --out.`,
  );
}

/** Milliseconds between attempts to read a file. */
const PAUSES = [5, 50];

/** Milliseconds after which a file that is being written, by whatever machine, no longer is. */
const HALF_WRITTEN = 3_600_000;

async function outputsOf(folder: string): Promise<OutputFile[]> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith(".")).sort();
  return Promise.all(
    names.map(async (name) => {
      const bytes = await readFile(join(folder, name));
      return { name, bytes: (await stat(join(folder, name))).size, sha256: hashOf(bytes) };
    }),
  );
}

/** Failures that are no fault of the job's. */
const OF_THE_MACHINE = new Set([
  ...["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EPERM"],
  ...["EMFILE", "ENFILE", "ENOMEM", "ENAMETOOLONG", "EIO"],
]);

/** Errors of the machine from anywhere in a job say which job they stopped and that the rest is kept. */
function explainedDiskError(job: string, error: unknown): unknown {
  const cause = error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.code ? error.cause : error;
  if (!OF_THE_MACHINE.has((cause as NodeJS.ErrnoException).code ?? "")) return error;
  return new ExperimentsError(`${job}: could not be written: ${explainFailure(cause)}. What was done before is kept.`, {
    cause: error,
  });
}
