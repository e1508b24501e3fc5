import type { Job } from "../steps/job.js";

/**
 * Seconds until jobs are done on some lanes, each after those that it needs, begun in the order in which `schedule` begins them. Lanes stand idle where few
 * jobs are left, or all wait for one: a training of hours on one of two workers takes those hours.
 */
export function makespan<J extends Pick<Job, "id" | "needs">>(
  jobs: readonly J[],
  lanes: number,
  secondsOf: (job: J) => number,
): number {
  const open = new Set(jobs.map(({ id }) => id));
  const waiting = new Set(jobs);
  const running: { id: string; end: number }[] = [];
  let now = 0;
  while (open.size > 0) {
    for (const job of waiting) {
      if (running.length >= lanes) break;
      if (job.needs.some((need) => open.has(need))) continue;
      waiting.delete(job);
      running.push({ id: job.id, end: now + secondsOf(job) });
    }
    running.sort((a, b) => a.end - b.end);
    const first = running.shift();
    if (first === undefined) break;
    now = first.end;
    open.delete(first.id);
  }
  return now;
}
