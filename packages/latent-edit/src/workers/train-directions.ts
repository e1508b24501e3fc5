import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { BackendName } from "@latentflow/backend";
import { AbortError, checkNumber, checkOptions, checkRequired, describeValue, throwIfAborted } from "@latentflow/core";
import { LatentEditError } from "../errors.js";
import { checkFunction } from "../input/checks.js";
import { plain } from "../input/matrix.js";
import type { History, TrainProgress } from "../train/history.js";
import type { JobMessage, TrainJob, WorkerMessage, WorkerStart } from "./protocol.js";

export interface TrainDirectionsOptions {
  /** Threads (default: one a job, at most one a processor core). */
  workers?: number;
  /** Module whose default export makes the model, `async () => AttributeModel`: models do not cross threads, so each worker makes its own. */
  setup: URL | string;
  /** Backend of each worker (default "wasm"). */
  backend?: BackendName;
  /** How often a job is tried again after its worker died (default 2). */
  restarts?: number;
  onProgress?: (job: TrainJob, progress: TrainProgress) => void;
  /** Told when a worker died and its job starts again, from its checkpoint if it has one. */
  onRestart?: (job: TrainJob, error: Error, attempt: number) => void;
  /** Stops every worker after the iteration that it is at, whose state its checkpoint then has. */
  signal?: AbortSignal;
}

/** A trained direction as the file that `loadDirection` reads, or why there is none. */
export type TrainedJob =
  | { readonly name: string; readonly file: Uint8Array; readonly history: History }
  | { readonly name: string; readonly error: Error };

/**
 * Trains directions in parallel, one job a worker at a time, each worker with a backend and a model of its own. A worker that dies is replaced
 * and its job restarted from its checkpoint; an error that the training itself throws is not retried.
 *
 * @returns one entry a job, in their order
 * @throws AbortError when stopped by the signal
 */
export async function trainDirections(jobs: readonly TrainJob[], options: TrainDirectionsOptions): Promise<TrainedJob[]> {
  const known = ["workers", "setup", "backend", "restarts", "onProgress", "onRestart", "signal"];
  if (typeof options !== "object" || options === null || options.setup === undefined) {
    throw new LatentEditError("trainDirections: expected setup, the URL of a module whose default export makes the model.");
  }
  checkOptions("trainDirections", options, known, LatentEditError);
  checkJobs(jobs);
  checkFunction("trainDirections", "onProgress", options.onProgress);
  checkFunction("trainDirections", "onRestart", options.onRestart);
  throwIfAborted("trainDirections", options.signal);
  checkNumber("trainDirections", "restarts", options.restarts ?? 2, { min: 0, integer: true }, LatentEditError);
  const names = new Set(jobs.map(({ name }) => name));
  if (names.size !== jobs.length) throw new LatentEditError("trainDirections: expected jobs with different names.");
  const count = options.workers ?? Math.min(jobs.length, availableParallelism());
  checkNumber("trainDirections", "workers", count, { min: Math.min(1, jobs.length), integer: true }, LatentEditError);
  const pool = new Pool(jobs, await Promise.all(jobs.map(portable)), options);
  return pool.run(Math.min(count, jobs.length));
}

/** The job without tensors, which cannot cross to another thread. */
async function portable(job: TrainJob): Promise<TrainJob> {
  const plainOf = async <P extends Pick<TrainJob, "codes" | "labels">>(part: P, where: string): Promise<P> => ({
    ...part,
    codes: await plain("trainDirections", `${where}codes`, part.codes),
    ...(part.labels && { labels: await plain("trainDirections", `${where}labels`, part.labels) }),
  });
  const { validation } = job;
  return { ...(await plainOf(job, "")), ...(validation && { validation: await plainOf(validation, "validation.") }) };
}

function checkJobs(jobs: unknown): asserts jobs is readonly TrainJob[] {
  if (!Array.isArray(jobs)) throw new LatentEditError(`trainDirections: expected a list of jobs, got ${describeValue(jobs)}.`);
  for (const [i, job] of jobs.entries()) {
    checkRequired(`trainDirections: job ${i}`, job, ["name", "direction", "attribute", "codes"], LatentEditError);
  }
}

class Pool {
  private readonly results: TrainedJob[] = [];
  private readonly waiting: { index: number; attempt: number }[];
  private readonly workers = new Set<Worker>();
  private readonly start: WorkerStart;

  constructor(
    private readonly jobs: readonly TrainJob[],
    /** The same, fit to be posted. */
    private readonly portable: readonly TrainJob[],
    private readonly options: TrainDirectionsOptions,
  ) {
    this.waiting = jobs.map((_, index) => ({ index, attempt: 0 }));
    this.start = { setup: String(options.setup), backend: options.backend ?? "wasm" };
  }

  async run(count: number): Promise<TrainedJob[]> {
    const { signal } = this.options;
    const stop = () => {
      for (const worker of this.workers) worker.postMessage({ type: "stop" } satisfies JobMessage);
    };
    signal?.addEventListener("abort", stop);
    try {
      await Promise.all(Array.from({ length: count }, () => this.lane()));
    } finally {
      signal?.removeEventListener("abort", stop);
      await this.terminate();
    }
    if (signal?.aborted) throw new AbortError("trainDirections: stopped by its AbortSignal.", { cause: signal.reason });
    return this.results;
  }

  /** Takes jobs until none is left, on one worker after another if they die. */
  private async lane(): Promise<void> {
    let worker: Worker | undefined;
    for (let next = this.waiting.shift(); next && !this.options.signal?.aborted; next = this.waiting.shift()) {
      const { index, attempt } = next;
      const job = this.jobs[index]!;
      worker ??= this.startWorker();
      try {
        this.results[index] = await this.ask(worker, index);
      } catch (error) {
        this.workers.delete(worker);
        worker = undefined;
        if (this.options.signal?.aborted) return;
        const death = new LatentEditError(`trainDirections: the worker of job "${job.name}" died: ${(error as Error).message}`, {
          cause: error,
        });
        if (attempt >= (this.options.restarts ?? 2)) {
          this.results[index] = { name: job.name, error: death };
          continue;
        }
        this.options.onRestart?.(job, death, attempt + 1);
        this.waiting.unshift({ index, attempt: attempt + 1 });
      }
    }
  }

  private startWorker(): Worker {
    // Beside the built file that this ends up in, which lies in dist/ itself.
    const worker = new Worker(new URL("./train-worker.js", import.meta.url), { workerData: this.start });
    // A worker that fails while idle must not bring the process down: its next job would report it.
    worker.on("error", () => undefined);
    this.workers.add(worker);
    return worker;
  }

  /** Resolves with the job's result or the error it threw; rejects when the worker dies. */
  private ask(worker: Worker, index: number): Promise<TrainedJob> {
    const job = this.jobs[index]!;
    return new Promise((resolve, reject) => {
      const onMessage = (message: WorkerMessage) => {
        if (message.type === "progress") return this.options.onProgress?.(job, message.progress);
        settle();
        if (message.type === "done") return resolve({ name: job.name, file: message.file, history: message.history });
        const error = new LatentEditError(`trainDirections: job "${job.name}": ${message.error.message}`);
        resolve({ name: job.name, error });
      };
      const onError = (error: Error) => {
        settle();
        reject(error);
      };
      const onExit = (code: number) => onError(new Error(`it left with code ${code}`));
      const settle = () => {
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      worker.postMessage({ type: "job", index, job: this.portable[index]! } satisfies JobMessage);
    });
  }

  private async terminate(): Promise<void> {
    const workers = [...this.workers];
    this.workers.clear();
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
