import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import type { Analysis } from "../analyses/analysis.js";
import { checkText } from "../checks.js";
import { type Extensions, tablesWith } from "../extensions/extensions.js";
import type { ExperimentResults } from "../results/index.js";
import { viewsOf } from "../steps/index.js";
import { checkResults } from "./check-results.js";
import { csvFiles } from "./csv.js";
import { embedPictures } from "./embed.js";
import { figures } from "./figures.js";
import { pageOf } from "./page.js";
import { summaryMarkdown } from "./summary.js";

export const REPORT_PAGE = "report.html";

/**
 * Writes the report into the run folder: `report.html` (one file, to be sent around), `csv/*.csv` (its numbers), `figures/*.svg` (its plots, for
 * papers and READMEs), `summary.md` (who wins, on one page of Markdown). Parts that the results lack, and pictures whose files are gone, are said on the page.
 *
 * @param extensions analyses from outside whose values the results hold
 * @returns the page's path
 */
export async function writeReport(results: ExperimentResults, runFolder: string, extensions: Extensions = {}): Promise<string> {
  checkResults("writeReport", results);
  checkText("writeReport", "runFolder", runFolder, "a folder's path");
  const { analyses } = tablesWith("writeReport", extensions);
  await writeFiles(await reportFiles(results, runFolder, analyses), runFolder);
  return join(runFolder, REPORT_PAGE);
}

/** The files of a report, the page last: path from the report's folder → text. The same results and pictures give the same files. */
export async function reportFiles(
  results: ExperimentResults,
  runFolder: string,
  analyses: readonly Analysis[],
): Promise<Map<string, string>> {
  const views = viewsOf(analyses);
  const tables = [...csvFiles(results, views)].map(([name, text]) => [`csv/${name}`, text] as const);
  const plots = [...figures(results)].map(([name, text]) => [`figures/${name}`, text] as const);
  const beside = [["summary.md", summaryMarkdown(results)] as const, ...tables, ...plots];
  const pictures = await embedPictures(results, runFolder);
  const page = pageOf(results, { pictures, files: beside.map(([file]) => file), views });
  return new Map([...beside, [REPORT_PAGE, page]]);
}

/** Writes files below a folder, and follows no link out of it; those that say the same already stay, so that a finished run on a read-only disk can be reported. */
export async function writeFiles(files: ReadonlyMap<string, string>, folder: string): Promise<void> {
  for (const [file, text] of files) {
    const path = join(folder, file);
    if ((await readFile(path, "utf8").catch(() => null)) !== text) await writeFileAtomic(path, text, { within: folder });
  }
}
