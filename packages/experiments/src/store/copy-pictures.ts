import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { liesWithin, writeFileAtomic } from "@latentflow/core/files";
import type { ExperimentResults } from "../results/index.js";

/** Copies the pictures that a report links, so that its links work from another folder. Those that are gone are left out. */
export async function copyPictures({ attributes }: ExperimentResults, from: string, to: string): Promise<void> {
  const records = attributes.flatMap(({ pictures, methods }) => [...pictures, ...methods.flatMap((method) => method.pictures)]);
  for (const { file } of records) {
    const source = resolve(from, file);
    if (!(await liesWithin(source, from))) continue;
    const data = await readFile(source).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return null;
      throw error;
    });
    if (data !== null) await writeFileAtomic(join(to, file), data, { within: to });
  }
}
