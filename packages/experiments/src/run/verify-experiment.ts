import { readFile } from "node:fs/promises";
import { isSealed } from "../store/hash.js";
import { RUN_FILE } from "../store/run-file.js";
import { type Damage, type Verification, verifyFiles } from "../store/verify.js";
import type { Finding } from "./doctor.js";
import { pendingJobs } from "./pending.js";
import { openRun } from "./report-experiment.js";

/**
 * Compares every file of a run's finished jobs with the length and the hash that were written down when the job was done: flipped bytes,
 * truncated, missing and edited files. Loads no networks, changes nothing. `results.json` and the report are not looked at: they are made of
 * the others, and `reportExperiment` makes them again.
 *
 * @param out folder of the run
 * @throws ConfigError when the folder holds no run
 */
export async function verifyExperiment(out: string): Promise<Verification> {
  const { folder } = await openRun("verifyExperiment", out);
  const { jobs, files, damages } = await verifyFiles(folder);
  const text = await readFile(folder.file(RUN_FILE), "utf8");
  if (isSealed(JSON.parse(text))) return { jobs, files, damages };
  return { jobs, files, damages: [{ file: RUN_FILE, fault: "holds other contents than were written" }, ...damages] };
}

/** What to do about damaged files. */
export function adviceFor(damages: readonly Damage[]): string {
  const jobs = damages.some(({ file }) => file !== RUN_FILE);
  const run = damages.some(({ file }) => file === RUN_FILE);
  return [
    ...(jobs ? ["Delete the folders that hold them and run again: the rest is kept."] : []),
    ...(run ? [`Delete ${RUN_FILE}, and give the settings again (--config, --set): finished jobs are kept.`] : []),
  ].join(" ");
}

/** The same as things looked at, for `latentflow doctor RUN`. */
export async function* examineRun(out: string): AsyncGenerator<Finding> {
  const { folder, config, plan } = await openRun("doctor", out);
  const { jobs, files, damages } = await verifyExperiment(out);
  const open = await pendingJobs(plan, [...plan.jobs.values()], folder, null);
  const done = plan.jobs.size - open.length;
  const settings = `${done} of ${plan.jobs.size} jobs of its settings are done`;
  yield { what: "run", state: open.length === 0 ? "good" : "note", text: `${config.name}: ${settings}` };
  for (const { file, fault } of damages) yield { what: "damaged", state: "bad", text: `${file} ${fault}` };
  if (damages.length > 0) yield { what: "what to do", state: "note", text: adviceFor(damages) };
  else yield { what: "files", state: "good", text: `${files} files of ${jobs} jobs are as they were written` };
}
