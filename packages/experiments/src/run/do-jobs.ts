import { availableParallelism } from "node:os";
import type { EngineName } from "@latentflow/engine";
import type { Job } from "../steps/job.js";
import { Claims } from "../store/claims.js";
import type { RunFolder } from "../store/run-folder.js";
import type { RunEvent } from "./events.js";
import { executeJob } from "./execute.js";
import type { Estimate } from "./fit-machine.js";
import type { Plan } from "./plan.js";
import type { Replaced } from "./replaced.js";
import { type FinishedJob, type Lane, schedule } from "./schedule.js";
import type { Session } from "./session.js";
import { WorkerLane } from "./worker-lane.js";

/** With what jobs are done. */
export interface DoJobsOptions {
  readonly session: Session;
  readonly folder: RunFolder;
  readonly workers: number;
  readonly engine: EngineName;
  /** What they will about take. */
  readonly estimate?: Estimate | null;
  /** Finished jobs in whose place these are put. */
  readonly replaced?: Replaced;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Does jobs in this thread or on workers, and tells how it goes. */
export async function doJobs(jobs: readonly Job[], plan: Plan, options: DoJobsOptions): Promise<void> {
  const { session, folder, engine, signal, onEvent: tell = () => undefined } = options;
  const { config, networks } = plan.experiment;
  const outline = jobs.map(({ id, images }) => ({ id, images }));
  const { replaced = { jobs: [], changes: [] }, estimate = null } = options;
  tell({
    ...{ type: "begin", folder: folder.path, environment: networks.environment, jobs: outline, total: plan.jobs.size },
    ...{ replaced, estimate },
  });
  const progress =
    ({ id }: Job) =>
    (done: number, images: number) =>
      tell({ type: "progress", job: id, done, images });
  const count = Math.min(options.workers, jobs.length);
  const context = session.context(plan.experiment);
  const here: Lane = { run: (job) => executeJob(job, plan, context, session, progress(job)) };
  // The workers have networks of their own.
  if (count > 1) await session.release();
  const threads = threadsFor(count) ?? availableParallelism();
  const start = { config, networks, path: folder.path, engine, threads, atOnce: session.atOnce };
  const workers = count > 1 ? Array.from({ length: count }, () => new WorkerLane(start, progress, signal)) : [];
  const claims = new Claims(folder);
  try {
    await schedule(jobs, workers.length > 0 ? workers : [here], {
      signal,
      onStart: ({ id }) => tell({ type: "start", job: id }),
      onEnd: ({ id }, done) => tell(endOf(id, done)),
      claims: {
        take: ({ id }) => claims.take(id, plan.inputsOf(id)),
        release: ({ id }) => claims.release(id, plan.inputsOf(id)),
      },
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.dispose()));
  }
}

/** What a job cost here: nothing when another process did it. */
function endOf(job: string, { timing, none, elsewhere = false }: FinishedJob): RunEvent {
  const { seconds, images } = elsewhere ? { seconds: 0, images: 0 } : timing;
  return { type: "end", job, seconds, images, elsewhere, ...(none && { none: none.why }) };
}

/** Several workers share the cores; one leaves the choice to the engine. */
export function threadsFor(workers: number): number | undefined {
  return workers === 1 ? undefined : Math.max(1, Math.floor(availableParallelism() / workers));
}
