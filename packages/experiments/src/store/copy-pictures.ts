import { copyFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { ExperimentResults } from "../results.js";
import { makeFolder } from "./make-folder.js";

/** Copies the pictures that a report links, so that its links work from another folder. Those that are gone are left out. */
export async function copyPictures({ attributes }: ExperimentResults, from: string, to: string): Promise<void> {
  const records = attributes.flatMap(({ pictures, methods }) => [...pictures, ...methods.flatMap((method) => method.pictures)]);
  for (const { file } of records) {
    const source = resolve(from, file);
    if (!source.startsWith(resolve(from) + sep)) continue;
    await makeFolder(dirname(join(to, file)));
    await copyFile(source, join(to, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
}
