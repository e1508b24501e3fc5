import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import type { ExperimentResults, WriteReport } from "../results/experiment-results.js";
import { csvTables } from "./csv.js";
import { embedPictures } from "./embed.js";
import { figures } from "./figures.js";
import { reportPage } from "./page.js";
import { summaryMarkdown } from "./summary.js";

export const REPORT_PAGE = "report.html";

/**
 * Writes the report into the run folder: `report.html` (one file, to be sent around), `csv/*.csv` (its numbers), `figures/*.svg` (its plots, for
 * papers and READMEs), `summary.md` (who wins, on one page of Markdown). Parts that the results lack, and pictures whose files are gone, are said on the page.
 *
 * @returns the page's path
 */
export const writeReport: WriteReport = async (results, runFolder) => {
  await writeFiles(await reportFiles(results, runFolder), runFolder);
  return join(runFolder, REPORT_PAGE);
};

/** The files of a report, the page last: path from the report's folder → text. The same results and pictures give the same files. */
export async function reportFiles(results: ExperimentResults, runFolder: string): Promise<Map<string, string>> {
  const tables = [...csvTables(results)].map(([name, text]) => [`csv/${name}`, text] as const);
  const plots = [...figures(results)].map(([name, text]) => [`figures/${name}`, text] as const);
  const beside = [["summary.md", summaryMarkdown(results)] as const, ...tables, ...plots];
  const page = reportPage(
    results,
    await embedPictures(results, runFolder),
    beside.map(([file]) => file),
  );
  return new Map([...beside, [REPORT_PAGE, page]]);
}

/** Writes files below a folder, and follows no link out of it; those that say the same already stay, so that a finished run on a read-only disk can be reported. */
export async function writeFiles(files: ReadonlyMap<string, string>, folder: string): Promise<void> {
  for (const [file, text] of files) {
    const path = join(folder, file);
    if ((await readFile(path, "utf8").catch(() => null)) !== text) await writeFileAtomic(path, text, { within: folder });
  }
}
