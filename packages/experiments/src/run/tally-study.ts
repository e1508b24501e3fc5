import { readFile } from "node:fs/promises";
import { checkList, checkText } from "../checks.js";
import { ConfigError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import type { AnswerFile } from "../study/answer-file.js";
import { readStudies, writeTally } from "../study/kept-studies.js";
import { readAnswers } from "../study/read-answers.js";
import type { Study } from "../study/study.js";
import { tally } from "../study/tally.js";
import { openRun, type ReportOptions, type RunResult, readReportOptions, reportExperiment } from "./report-experiment.js";

/** Files at fault that are named in one error. */
const NAMED = 20;

/**
 * Counts people's answers, and makes the run's report with them. Pages of one build combine, also when they were built or answered in several places; a run may have several
 * studies, whose answers may come together. What was tallied before of the same studies is replaced.
 *
 * @param out folder of the run
 * @param files what pages saved, one a person
 * @throws ConfigError that names every file that is foreign, was changed, or is there twice; nothing is counted then
 */
export async function tallyStudies(out: string, files: readonly string[], options: ReportOptions = {}): Promise<RunResult> {
  checkList("tallyStudies", "files", files);
  for (const file of files) checkText("tallyStudies", "files", file, "a list of paths");
  readReportOptions("tallyStudies", options);
  const { folder } = await openRun("tallyStudies", out, options.extensions);
  const studies = await readStudies(folder);
  if (studies.size === 0)
    throw new ConfigError(`study: expected a study of ${out}, got none. Build one first: latentflow study build.`);
  if (files.length === 0) throw new ConfigError("study: expected files of answers, got none.");
  const read = await readAll(files, studies);
  for (const [study, answers] of read) await writeTally(folder, tally(study, answers));
  return reportExperiment(out, options);
}

async function readAll(files: readonly string[], studies: ReadonlyMap<string, Study>): Promise<Map<Study, AnswerFile[]>> {
  const read = new Map<Study, AnswerFile[]>();
  const copies = new Map<string, string>();
  const faults: string[] = [];
  for (const path of files) {
    const found = await readFile(path, "utf8").then(
      (text) => readAnswers(text, studies),
      (cause) => `could not be read: ${explainFailure(cause)}`,
    );
    if (typeof found === "string") {
      faults.push(`${path} ${found}`);
      continue;
    }
    const { file, study } = found;
    const copy = `${file.build}/${file.booklet}/${file.copy}`;
    const other = copies.get(copy);
    if (other !== undefined) faults.push(`${path} is of the same person as ${other}: give the one that has more answers`);
    else if (file.answers.length === 0) faults.push(`${path} holds no answers`);
    copies.set(copy, other ?? path);
    read.set(study, [...(read.get(study) ?? []), file]);
  }
  if (faults.length > 0) {
    const more = faults.length > NAMED ? [`  and ${faults.length - NAMED} more`] : [];
    const head = `study: expected answers that pages of this run saved, got ${faults.length} of ${files.length} that are none; nothing was counted:`;
    throw new ConfigError([head, ...faults.slice(0, NAMED).map((fault) => `  ${fault}`), ...more].join("\n"));
  }
  return read;
}
