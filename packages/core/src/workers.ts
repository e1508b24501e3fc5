/** Jobs on worker threads that are replaced when they die. Node only: `import { JobThread } from "@latentflow/core/workers"`. */
import { setMaxListeners } from "node:events";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { CoreError, describeValue, LatentflowError } from "./errors.js";

/** Main thread to worker: a job to do, or the wish to stop the one that it is at. */
type ToWorker<Job> = { readonly type: "job"; readonly job: Job } | { readonly type: "stop" };

/** Worker to main thread. */
type FromWorker<Progress, Result> =
  | { readonly type: "progress"; readonly progress: Progress }
  | { readonly type: "done"; readonly result: Result }
  | { readonly type: "failed"; readonly failure: Failure };

/** What a job threw, as it crosses threads: an error's class stays behind. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Whether it was a LatentflowError, whose message is written for users. */
  readonly forUsers: boolean;
}

/** The job itself threw; doing it again would end the same. */
export class JobFailed extends CoreError {
  constructor(readonly failure: Failure) {
    super(failure.message);
  }
}

/** The worker ended before it answered: the job may be done again, on the one that takes its place. `cause` says how. */
export class WorkerDied extends CoreError {
  constructor(cause: Error) {
    super(cause.message, { cause });
  }
}

/** What `serveJobs` gives to a job. */
export interface JobWatch<Progress> {
  progress(progress: Progress): void;
  /** Aborted when the main thread's signal is. */
  readonly signal: AbortSignal;
}

/** A worker thread that does one job at a time; when it dies, also between two jobs, the next job gets a new one. */
export class JobThread<Job, Progress, Result> {
  private worker: Worker | undefined;

  /**
   * @param script module that calls `serveJobs`; started with the first job
   * @param start what the module is to know before that, cloned to the thread
   * @param signal asks the job that is being done to stop
   */
  constructor(
    private readonly script: URL,
    private readonly start: unknown,
    private readonly signal: AbortSignal | undefined,
  ) {
    if (!(script instanceof URL))
      throw new CoreError(
        `JobThread: expected the script's URL, got ${describeValue(script)}; new URL(…, import.meta.url) is one.`,
      );
    if (!signal) return;
    // Every thread listens, and Node warns of a leak beyond ten.
    setMaxListeners(0, signal);
    signal.addEventListener("abort", this.stop);
  }

  /** @throws JobFailed for what the job threw; WorkerDied when there will be no answer */
  do(job: Job, onProgress: (progress: Progress) => void): Promise<Result> {
    this.worker ??= this.startWorker();
    const { worker } = this;
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromWorker<Progress, Result>) => {
        if (message.type === "progress") return onProgress(message.progress);
        settle();
        if (message.type === "done") resolve(message.result);
        else reject(new JobFailed(message.failure));
      };
      const onError = (error: Error) => {
        settle();
        if (this.worker === worker) this.worker = undefined;
        reject(new WorkerDied(error));
      };
      const onExit = (code: number) => onError(new Error(`it left with code ${code}`));
      const settle = () => {
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      worker.postMessage({ type: "job", job } satisfies ToWorker<Job>);
    });
  }

  async dispose(): Promise<void> {
    this.signal?.removeEventListener("abort", this.stop);
    await this.worker?.terminate();
  }

  private readonly stop = () => this.worker?.postMessage({ type: "stop" } satisfies ToWorker<Job>);

  private startWorker(): Worker {
    const worker = new Worker(this.script, { workerData: this.start });
    // One that dies while idle is replaced for the next job, which would wait for its answer for ever.
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      if (this.worker === worker) this.worker = undefined;
    });
    return worker;
  }
}

/**
 * In the thread that a `JobThread` started: answers its jobs.
 *
 * @param begin takes the thread's `start`, gives what does a job; what it throws becomes the first job's failure
 */
export function serveJobs<Start, Job, Progress, Result>(
  begin: (start: Start, signal: AbortSignal) => Promise<(job: Job, watch: JobWatch<Progress>) => Promise<Result>>,
): void {
  if (parentPort === null)
    throw new CoreError("serveJobs: expected a worker thread that a JobThread started, got the main thread.");
  const port = parentPort;
  const stop = new AbortController();
  const post = (message: FromWorker<Progress, Result>) => port.postMessage(message);
  const watch = { progress: (progress: Progress) => post({ type: "progress", progress }), signal: stop.signal };
  let begun: ReturnType<typeof begin> | undefined;
  port.on("message", async (message: ToWorker<Job>) => {
    if (message.type === "stop") return stop.abort();
    try {
      begun ??= begin(workerData as Start, stop.signal);
      post({ type: "done", result: await (await begun)(message.job, watch) });
    } catch (error) {
      post({ type: "failed", failure: failureOf(error) });
    }
  });
}

function failureOf(thrown: unknown): Failure {
  const { name, message, stack = message } = thrown instanceof Error ? thrown : new Error(String(thrown));
  return { name, message, stack, forUsers: thrown instanceof LatentflowError };
}
