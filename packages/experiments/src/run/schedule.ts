import { setTimeout as sleep } from "node:timers/promises";
import { AbortError } from "@latentflow/core";
import type { Job } from "../steps/job.js";
import type { JobRecord } from "../store/job-record.js";

/** A job's record; marked when another process turned out to have done it. */
export type FinishedJob = JobRecord & { readonly elsewhere?: boolean };

/** Does jobs, one at a time: this thread, or a worker. */
export interface Lane {
  run(job: Job): Promise<FinishedJob>;
}

export interface ScheduleOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onStart: (job: Job) => void;
  readonly onEnd: (job: Job, done: FinishedJob) => void;
  /** Whether a job is free for this process, and later that it is no longer at it. Default: all are. */
  readonly claims?: { take(job: Job): Promise<boolean>; release(job: Job): Promise<void> };
}

/** Milliseconds after which a job that another process is at is asked for again. */
const AGAIN = 250;

/**
 * Does jobs on some lanes, each after those that it needs; what `jobs` lacks counts as done. A job that another process is at waits until that is
 * done with it, or gone. After a failure, jobs that run are waited for (what they make is kept), and no other begins.
 *
 * @throws the first failure; AbortError when stopped by the signal
 */
export async function schedule(jobs: readonly Job[], lanes: readonly Lane[], options: ScheduleOptions): Promise<void> {
  const { signal, onStart, onEnd, claims } = options;
  const waiting = new Map(jobs.map((job) => [job.id, job]));
  const running = new Map<Lane, Promise<void>>();
  const active = new Set<string>();
  /** Jobs that others are at, and when to ask again. */
  const busy = new Map<string, number>();
  const failures: unknown[] = [];

  const work = async (lane: Lane, job: Job): Promise<void> => {
    if (claims && !(await claims.take(job))) {
      busy.set(job.id, performance.now() + AGAIN);
      waiting.set(job.id, job);
      return;
    }
    try {
      onStart(job);
      onEnd(job, await lane.run(job));
    } finally {
      await claims?.release(job);
    }
  };
  const begin = (lane: Lane, job: Job) => {
    waiting.delete(job.id);
    active.add(job.id);
    const whole = work(lane, job)
      .catch((error) => void failures.push(error))
      .finally(() => {
        active.delete(job.id);
        running.delete(lane);
      });
    running.set(lane, whole);
  };
  const isReady = ({ id, needs }: Job) =>
    (busy.get(id) ?? 0) <= performance.now() && needs.every((need) => !waiting.has(need) && !active.has(need));

  while (true) {
    const goesOn = failures.length === 0 && !signal?.aborted;
    if (goesOn) {
      for (const lane of lanes) {
        const next = running.has(lane) ? undefined : [...waiting.values()].find(isReady);
        if (next) begin(lane, next);
      }
    }
    const others = goesOn && [...waiting.keys()].some((id) => busy.has(id));
    if (running.size === 0 && !others) break;
    await Promise.race([...running.values(), ...(others && running.size < lanes.length ? [sleep(AGAIN)] : [])]);
  }
  if (failures.length > 0) throw failures[0];
  if (signal?.aborted) throw new AbortError("run: stopped.", { cause: signal.reason });
}
