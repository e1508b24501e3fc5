import { availableParallelism } from "node:os";
import type { BackendName } from "@latentflow/backend";
import {
  AbortError,
  checkNumber,
  checkRequired,
  type DeclaredOptions,
  describeValue,
  type GivenOptions,
  isFunction,
  isGiven,
  type OptionValues,
  readOptions,
  SIGNAL,
  throwIfAborted,
} from "@latentflow/core";
import { JobFailed, JobThread } from "@latentflow/core/workers";
import { LatentEditError } from "../errors.js";
import { plain } from "../input/matrix.js";
import type { History, TrainProgress } from "../train/history.js";
import type { TrainedFile, TrainJob, WorkerStart } from "./protocol.js";

const TRAIN_DIRECTIONS = {
  /** Module whose default export makes the model, `async () => AttributeModel`: models do not cross threads, so each worker makes its own. */
  setup: { check: checkSetup },
  /** Threads (default: one a job, at most one a processor core). */
  workers: { optional: true, min: 0, integer: true },
  /** Backend of each worker (default "wasm"). */
  backend: { default: "wasm" as BackendName, is: isGiven<BackendName>, expected: "a backend's name" },
  /** How often a job is tried again after its worker died (default 2). */
  restarts: { default: 2, min: 0, integer: true },
  onProgress: { optional: true, is: isFunction<(job: TrainJob, progress: TrainProgress) => void>, expected: "a function" },
  /** Told when a worker died and its job starts again, from its checkpoint if it has one. */
  onRestart: {
    optional: true,
    is: isFunction<(job: TrainJob, error: Error, attempt: number) => void>,
    expected: "a function",
  },
  /** Stops every worker after the iteration that it is at, whose state its checkpoint then has. */
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

export interface TrainDirectionsOptions extends GivenOptions<typeof TRAIN_DIRECTIONS> {}

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
  const settings = readOptions("trainDirections", TRAIN_DIRECTIONS, options, LatentEditError);
  checkJobs(jobs);
  throwIfAborted("trainDirections", settings.signal);
  const names = new Set(jobs.map(({ name }) => name));
  if (names.size !== jobs.length) throw new LatentEditError("trainDirections: expected jobs with different names.");
  const count = settings.workers ?? Math.min(jobs.length, availableParallelism());
  checkNumber("trainDirections", "workers", count, { min: Math.min(1, jobs.length), integer: true }, LatentEditError);
  return trainOnThreads(jobs, await Promise.all(jobs.map(portable)), { ...settings, workers: Math.min(count, jobs.length) });
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

function checkSetup(caller: string, setup: URL | string): URL | string {
  if (setup !== undefined) return setup;
  throw new LatentEditError(`${caller}: expected setup, the URL of a module whose default export makes the model.`);
}

/** The rest of a job is what its training reads. */
function checkJobs(jobs: unknown): asserts jobs is readonly TrainJob[] {
  if (!Array.isArray(jobs)) throw new LatentEditError(`trainDirections: expected a list of jobs, got ${describeValue(jobs)}.`);
  for (const [i, job] of jobs.entries()) {
    checkRequired(`trainDirections: job ${i}`, job, ["name", "direction", "attribute", "codes"], LatentEditError);
  }
}

/** @param portable the same jobs, fit to be posted */
async function trainOnThreads(
  jobs: readonly TrainJob[],
  portable: readonly TrainJob[],
  { workers, setup, backend, signal, ...watch }: OptionValues<typeof TRAIN_DIRECTIONS> & { readonly workers: number },
): Promise<TrainedJob[]> {
  const results: TrainedJob[] = [];
  const waiting = [...jobs.keys()];
  const start: WorkerStart = { setup: String(setup), backend };
  // Beside the built file that this ends up in, which lies in dist/ itself.
  const script = new URL("./train-worker.js", import.meta.url);
  const threads = Array.from({ length: workers }, (): Thread => new JobThread(script, start, signal));
  try {
    await Promise.all(
      threads.map(async (thread) => {
        for (let next = waiting.shift(); next !== undefined && !signal?.aborted; next = waiting.shift())
          results[next] = await trainOn(thread, jobs[next]!, portable[next]!, { ...watch, signal });
      }),
    );
  } finally {
    await Promise.all(threads.map((thread) => thread.dispose()));
  }
  if (signal?.aborted) throw new AbortError("trainDirections: stopped by its AbortSignal.", { cause: signal.reason });
  return results;
}

type Thread = JobThread<TrainJob, TrainProgress, TrainedFile>;

/** Trains one direction, again from its checkpoint when the worker dies; what the training itself throws is its result. */
async function trainOn(
  thread: Thread,
  job: TrainJob,
  portable: TrainJob,
  {
    restarts,
    onProgress,
    onRestart,
    signal,
  }: Pick<OptionValues<typeof TRAIN_DIRECTIONS>, "restarts" | "onProgress" | "onRestart" | "signal">,
): Promise<TrainedJob> {
  const { name } = job;
  for (let attempt = 0; ; attempt++) {
    try {
      return { name, ...(await thread.do(portable, (progress) => onProgress?.(job, progress))) };
    } catch (cause) {
      const { message } = cause as Error;
      if (cause instanceof JobFailed) return { name, error: new LatentEditError(`trainDirections: job "${name}": ${message}`) };
      const death = new LatentEditError(`trainDirections: the worker of job "${name}" died: ${message}`, { cause });
      if (attempt >= restarts || signal?.aborted) return { name, error: death };
      onRestart?.(job, death, attempt + 1);
    }
  }
}
