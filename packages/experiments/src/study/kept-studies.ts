import { readdir, readFile } from "node:fs/promises";
import { writeJsonAtomic } from "@latentflow/core/files";
import { ExperimentsError } from "../errors.js";
import { hashOfJson, isSealed, sealed } from "../store/hash.js";
import type { RunFolder } from "../store/run-folder.js";
import type { Study } from "./study.js";
import type { StudyTallied } from "./tally.js";

/** Studies of a run lie in its folder, each in one of its own: `study/BUILD/study.json`, and once it is tallied `tally.json`. */
const STUDIES = "study";
const STUDY_FILE = "study.json";
const TALLY_FILE = "tally.json";

export function studyFolder(run: RunFolder, build: string): string {
  return run.file(STUDIES, build.slice(0, 12));
}

export async function writeStudy(run: RunFolder, study: Study): Promise<void> {
  await writeJsonAtomic(`${studyFolder(run, study.build)}/${STUDY_FILE}`, study, { within: run.path });
}

export async function writeTally(run: RunFolder, tallied: StudyTallied): Promise<void> {
  await writeJsonAtomic(`${studyFolder(run, tallied.build)}/${TALLY_FILE}`, sealed(tallied), { within: run.path });
}

/**
 * All studies of a run, by their builds.
 *
 * @throws ExperimentsError for one that is not as it was written: its answers would count for the wrong method
 */
export async function readStudies(run: RunFolder): Promise<Map<string, Study>> {
  const files = await filesNamed(run, STUDY_FILE);
  return new Map(
    files.map(([file, text]) => {
      const { build, ...rest } = parsed<Study>(file, text);
      if (build !== hashOfJson(rest))
        throw new ExperimentsError(`study: expected ${file} as it was written, got other contents. Build the study again.`);
      return [build, { ...rest, build }];
    }),
  );
}

/** What was tallied, in a lasting order. */
export async function readTallies(run: RunFolder): Promise<StudyTallied[]> {
  return (await filesNamed(run, TALLY_FILE)).map(([file, text]) => {
    const found = parsed<StudyTallied & { readonly seal: string }>(file, text);
    if (!isSealed(found))
      throw new ExperimentsError(`study: expected ${file} as it was written, got other contents. Delete it, and tally again.`);
    const { seal: _, ...tallied } = found;
    return tallied;
  });
}

function parsed<T>(file: string, text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new ExperimentsError(`study: expected ${file} to be JSON, got something else. Delete it, and make it again.`, {
      cause,
    });
  }
}

async function filesNamed(run: RunFolder, name: string): Promise<(readonly [file: string, text: string])[]> {
  const folders = (await readdir(run.file(STUDIES)).catch(() => [])).sort();
  const files = await Promise.all(
    folders.map(async (folder) => {
      const file = run.file(STUDIES, folder, name);
      const text = await readFile(file, "utf8").catch(() => null);
      return text === null ? [] : [[file, text] as const];
    }),
  );
  return files.flat();
}
