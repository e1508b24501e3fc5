import { Worker } from "node:worker_threads";
import { AbortError } from "@latentflow/core";
import { ConfigError, ExperimentsError } from "../errors.js";
import type { Job } from "../steps/job.js";
import type { JobProgress } from "./execute.js";
import type { Done, Lane } from "./schedule.js";
import type { FromWorker, ToWorker, WorkerStart } from "./worker-protocol.js";

/** How often a job begins again after its worker died; it goes on from its last checkpoint. */
const RESTARTS = 2;

/** A lane on a worker thread, which is replaced when it dies. */
export class WorkerLane implements Lane {
  private worker: Worker | undefined;

  constructor(
    private readonly start: WorkerStart,
    private readonly onProgress: (job: Job) => JobProgress,
    private readonly signal: AbortSignal | undefined,
    private readonly script: URL = new URL("./job-worker.js", import.meta.url),
  ) {
    signal?.addEventListener("abort", this.stop);
  }

  async run(job: Job): Promise<Done> {
    for (let attempt = 0; ; attempt++) {
      this.worker ??= this.startWorker();
      const answer = await this.ask(this.worker, job);
      if (!(answer instanceof Error)) return answer;
      this.worker = undefined;
      if (this.signal?.aborted) throw new AbortError("run: stopped.");
      if (attempt < RESTARTS) continue;
      throw new ExperimentsError(`${job.id}: its worker died ${attempt + 1} times, at last with: ${reasonOf(answer)}`, {
        cause: answer,
      });
    }
  }

  async dispose(): Promise<void> {
    this.signal?.removeEventListener("abort", this.stop);
    await this.worker?.terminate();
  }

  private readonly stop = () => this.worker?.postMessage({ type: "stop" } satisfies ToWorker);

  private startWorker(): Worker {
    const worker = new Worker(this.script, { workerData: this.start });
    // One that dies while idle is replaced for the next job, which would wait for its answer for ever.
    worker.on("error", () => undefined);
    worker.on("exit", () => {
      if (this.worker === worker) this.worker = undefined;
    });
    return worker;
  }

  /** The record, or how the worker died; throws what the job itself threw. */
  private ask(worker: Worker, job: Job): Promise<Done | Error> {
    const onProgress = this.onProgress(job);
    return new Promise((resolve, reject) => {
      const onMessage = (message: FromWorker) => {
        if (message.type === "progress") return onProgress(message.done, message.images);
        settle();
        if (message.type === "done") return resolve(message.record);
        reject(errorOf(message));
      };
      const onError = (error: Error) => {
        settle();
        resolve(error);
      };
      const onExit = (code: number) => onError(new Error(`it left with code ${code}`));
      const settle = () => {
        worker.off("message", onMessage).off("error", onError).off("exit", onExit);
      };
      worker.on("message", onMessage).on("error", onError).on("exit", onExit);
      worker.postMessage({ type: "job", id: job.id } satisfies ToWorker);
    });
  }
}

/** How a worker died. What this thread has loaded and a worker does not find, is there: Node says so where it can't open it. */
function reasonOf({ message, code }: NodeJS.ErrnoException): string {
  if (code !== "ERR_MODULE_NOT_FOUND") return message;
  return `${message} Where it is there, too many files are open: raise the limit (ulimit -n 1024), or take fewer --workers.`;
}

/** A worker's error as this thread would have thrown it: its type decides the exit code and whether its place is shown. */
function errorOf({ name, message, stack, forUsers }: Extract<FromWorker, { type: "failed" }>): Error {
  if (name === "AbortError") return new AbortError(message);
  if (name === "ConfigError") return new ConfigError(message);
  return forUsers ? new ExperimentsError(message) : Object.assign(new Error(message), { name, stack });
}
