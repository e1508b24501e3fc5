import { AbortError } from "@latentflow/core";
import type { JobRecord } from "../store/job-record.js";
import type { Job } from "./job.js";

/** Does jobs, one at a time: this thread, or a worker. */
export interface Lane {
  run(job: Job): Promise<JobRecord>;
}

export interface ScheduleOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onStart: (job: Job) => void;
  readonly onEnd: (job: Job, record: JobRecord) => void;
}

/**
 * Does jobs on some lanes, each after those that it needs; what `jobs` lacks counts as done. After a failure, jobs that run are waited for
 * (what they make is kept), and no other begins.
 *
 * @throws the first failure; AbortError when stopped by the signal
 */
export async function schedule(jobs: readonly Job[], lanes: readonly Lane[], options: ScheduleOptions): Promise<void> {
  const waiting = new Map(jobs.map((job) => [job.id, job]));
  const running = new Map<Lane, Promise<void>>();
  const active = new Set<string>();
  const failures: unknown[] = [];

  const begin = (lane: Lane, job: Job) => {
    waiting.delete(job.id);
    active.add(job.id);
    options.onStart(job);
    const work = lane
      .run(job)
      .then(
        (record) => options.onEnd(job, record),
        (error) => void failures.push(error),
      )
      .finally(() => {
        active.delete(job.id);
        running.delete(lane);
      });
    running.set(lane, work);
  };
  const isReady = ({ needs }: Job) => needs.every((need) => !waiting.has(need) && !active.has(need));

  while (true) {
    if (failures.length === 0 && !options.signal?.aborted) {
      for (const lane of lanes) {
        const next = running.has(lane) ? undefined : [...waiting.values()].find(isReady);
        if (next) begin(lane, next);
      }
    }
    if (running.size === 0) break;
    await Promise.race(running.values());
  }
  if (failures.length > 0) throw failures[0];
  if (options.signal?.aborted) throw new AbortError("run: stopped.", { cause: options.signal.reason });
}
