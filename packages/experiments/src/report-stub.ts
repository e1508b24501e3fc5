import { join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import type { WriteReport } from "./results.js";

export const writeReport: WriteReport = async (results, folder) => {
  const path = join(folder, "report.html");
  await writeFileAtomic(
    path,
    `<!doctype html><pre>${JSON.stringify(
      results.attributes.map((a) => a.comparison),
      null,
      1,
    )}</pre>`,
  );
  return path;
};
