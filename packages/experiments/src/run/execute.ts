import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeProcess } from "../model/environment.js";
import type { NoResultRecord } from "../results/index.js";
import type { Job, StepContext } from "../steps/job.js";
import { NoResult } from "../store/no-result.js";
import { otherSettings, type RunFolder } from "../store/run-folder.js";
import type { Plan } from "./plan.js";
import type { FinishedJob } from "./schedule.js";
import type { Session } from "./session.js";

/** Images and share of a job so far. */
export type JobProgress = (done: number, images: number) => void;

/** Does one job in this thread, unless its folder is there already. */
export async function executeJob(
  job: Job,
  plan: Plan,
  context: Omit<StepContext, "progress">,
  session: Session,
  onProgress: JobProgress,
): Promise<FinishedJob> {
  const { folder, config, networks } = context;
  const inputs = plan.inputsOf(job.id);
  const state = folder.file(dirname(job.id), `.${basename(job.id)}.${inputs.slice(0, 12)}.state`);
  const scratch = join(state, "checkpoint.safetensors");
  const before = session.imageCount();
  const images = () => session.imageCount() - before;
  const started = performance.now();
  let made = false;
  const record = await folder.make(job.id, inputs, async (own) => {
    await session.ready();
    const none = await resultOf(() =>
      job.run({ ...context, progress: (done) => onProgress(done, images()) }, { folder: own, scratch }),
    );
    if (none !== null) await emptyFolder(own);
    await checkFoundations(job, plan, folder);
    const seconds = (performance.now() - started) / 1000;
    made = true;
    const environment = { ...networks.environment, ...describeProcess(networks.environment.engine.name) };
    return { config, environment, timing: { seconds, images: images() }, ...(none !== null && { none }) };
  });
  // Another process may be at the same job; what stays is removed when the run is opened again.
  await rm(state, { recursive: true, force: true }).catch(() => undefined);
  return made ? record : { ...record, elsewhere: true };
}

/** Does a job's work; gives why it has no result, null when it has one. */
async function resultOf(work: () => Promise<void>): Promise<NoResultRecord | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof NoResult) return error.record;
    throw error;
  }
}

async function emptyFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true, force: true });
}

/** What a job read while it ran must still be what it was to be made from: another run may have put its own there meanwhile. */
async function checkFoundations(job: Job, plan: Plan, folder: RunFolder): Promise<void> {
  for (const need of plan.foundationsOf(job.id)) {
    if (await folder.record(need, plan.inputsOf(need))) continue;
    throw otherSettings(job.id, need, folder.path);
  }
}
