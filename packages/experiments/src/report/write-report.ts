import { join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import type { WriteReport } from "../results.js";
import { csvTables } from "./csv.js";
import { embedPictures } from "./embed.js";
import { figures } from "./figures.js";
import { reportPage } from "./page.js";
import { summaryMarkdown } from "./summary.js";

/**
 * Writes the report into the run folder: `report.html` (one file, to be sent around), `csv/*.csv` (its numbers), `figures/*.svg` (its plots, for
 * papers and READMEs), `summary.md` (who wins, on one page of Markdown). Parts that the results lack, and pictures whose files are gone, are said on the page.
 *
 * @returns the page's path
 */
export const writeReport: WriteReport = async (results, runFolder) => {
  const tables = new Map([...csvTables(results)].map(([name, text]) => [`csv/${name}`, text]));
  const plots = new Map([...figures(results)].map(([name, text]) => [`figures/${name}`, text]));
  const beside = [["summary.md", summaryMarkdown(results)] as const, ...tables, ...plots];
  for (const [file, text] of beside) await writeFileAtomic(join(runFolder, file), text);
  const path = join(runFolder, "report.html");
  const page = reportPage(
    results,
    await embedPictures(results, runFolder),
    beside.map(([file]) => file),
  );
  await writeFileAtomic(path, page);
  return path;
};
