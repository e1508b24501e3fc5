import type { Job } from "../steps/job.js";
import type { RunFolder } from "../store/run-folder.js";
import type { Plan } from "./plan.js";
import type { Shard } from "./shard.js";

/** Targets that are not done, and of what they need only what is not done. Shards begin labelling at different places. */
export async function pendingJobs(plan: Plan, targets: readonly Job[], folder: RunFolder, shard: Shard | null): Promise<Job[]> {
  const pending = new Set<string>();
  const visit = async (job: Job): Promise<void> => {
    if (pending.has(job.id) || (await folder.record(job.id, plan.inputsOf(job.id)))) return;
    pending.add(job.id);
    for (const need of job.needs) await visit(plan.jobs.get(need)!);
  };
  for (const job of targets) await visit(job);
  const jobs = [...plan.jobs.values()].filter(({ id }) => pending.has(id));
  if (shard === null) return jobs;
  const sampling = jobs.filter(({ step }) => step === "sample");
  const cut = Math.floor((sampling.length * shard.index) / shard.count);
  return [...sampling.slice(cut), ...sampling.slice(0, cut), ...jobs.filter(({ step }) => step !== "sample")];
}

/** What brings finished pairs together, and has all of them. */
export async function mergingJobs(plan: Plan, folder: RunFolder): Promise<Job[]> {
  const done = new Set<string>();
  for (const { id } of plan.jobs.values()) if (await folder.record(id, plan.inputsOf(id))) done.add(id);
  return [...plan.jobs.values()].filter(({ id, needs }) => {
    const merges = needs.some((need) => plan.jobs.get(need)!.pair !== undefined) && plan.jobs.get(id)!.pair === undefined;
    return merges && !done.has(id) && needs.every((need) => done.has(need));
  });
}
