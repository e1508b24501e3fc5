import { AbortError } from "@latentflow/core";
import { type Failure, JobFailed, JobThread } from "@latentflow/core/workers";
import { ConfigError, ExperimentsError } from "../errors.js";
import type { Job } from "../steps/job.js";
import type { JobProgress } from "./execute.js";
import type { FinishedJob, Lane } from "./schedule.js";
import type { JobShare, WorkerStart } from "./worker-protocol.js";

/** How often a job begins again after its worker died; it goes on from its last checkpoint. */
const RESTARTS = 2;

/** A lane on a worker thread, which is replaced when it dies. */
export class WorkerLane implements Lane {
  private readonly thread: JobThread<string, JobShare, FinishedJob>;

  constructor(
    start: WorkerStart,
    private readonly onProgress: (job: Job) => JobProgress,
    private readonly signal: AbortSignal | undefined,
    script: URL = new URL("./job-worker.js", import.meta.url),
  ) {
    this.thread = new JobThread(script, start, signal);
  }

  async run(job: Job): Promise<FinishedJob> {
    const onProgress = this.onProgress(job);
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.thread.do(job.id, ({ done, images }) => onProgress(done, images));
      } catch (error) {
        if (error instanceof JobFailed) throw errorOf(error.failure);
        if (this.signal?.aborted) throw new AbortError("run: stopped.");
        if (attempt <= RESTARTS) continue;
        const { cause } = error as { cause: NodeJS.ErrnoException };
        throw new ExperimentsError(`${job.id}: its worker died ${attempt} times, at last with: ${reasonOf(cause)}`, { cause });
      }
    }
  }

  dispose(): Promise<void> {
    return this.thread.dispose();
  }
}

/** How a worker died. What this thread has loaded and a worker does not find, is there: Node says so where it can't open it. */
function reasonOf({ message, code }: NodeJS.ErrnoException): string {
  if (code !== "ERR_MODULE_NOT_FOUND") return message;
  return `${message} Where it is there, too many files are open: raise the limit (ulimit -n 1024), or take fewer --workers.`;
}

/** A worker's error as this thread would have thrown it: its type decides the exit code and whether its place is shown. */
function errorOf({ name, message, stack, forUsers }: Failure): Error {
  if (name === "AbortError") return new AbortError(message);
  if (name === "ConfigError") return new ConfigError(message);
  return forUsers ? new ExperimentsError(message) : Object.assign(new Error(message), { name, stack });
}
