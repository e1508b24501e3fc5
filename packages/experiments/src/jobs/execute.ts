import { rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { describeProcess } from "../model/environment.js";
import type { JobRecord } from "../store/job-record.js";
import type { Job, JobContext } from "./job.js";
import type { Session } from "./session.js";

/** Images and share of a job so far. */
export type JobProgress = (done: number, images: number) => void;

/** Does one job in this thread, unless its folder is there already. */
export async function executeJob(
  job: Job,
  inputs: string,
  context: Omit<JobContext, "progress">,
  session: Session,
  onProgress: JobProgress,
): Promise<JobRecord> {
  const { folder, config, world } = context;
  const state = folder.file(dirname(job.id), `.${basename(job.id)}.${inputs.slice(0, 12)}.state`);
  const scratch = join(state, "checkpoint.safetensors");
  const before = session.imageCount();
  const images = () => session.imageCount() - before;
  const started = performance.now();
  const record = await folder.make(job.id, inputs, async (own) => {
    await session.ready();
    await job.run({ ...context, progress: (done) => onProgress(done, images()) }, { folder: own, scratch });
    const seconds = (performance.now() - started) / 1000;
    const environment = { ...world.environment, ...describeProcess(world.environment.engine.name) };
    return { config, environment, timing: { seconds, images: images() } };
  });
  await rm(state, { recursive: true, force: true });
  return record;
}
