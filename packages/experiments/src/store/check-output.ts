import { randomBytes } from "node:crypto";
import { mkdir, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ConfigError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import { makeFolder } from "./make-folder.js";

/**
 * Whether a file can be written, asked before the work that it is for. Its folder is made.
 *
 * @param option the option that names it, for the error
 * @throws ConfigError when it can't
 */
export async function checkOutput(option: string, file: string): Promise<void> {
  const fail = (reason: string) => new ConfigError(`${option}: could not write ${file}: ${reason}.`);
  if (basename(file) === "") throw fail("it has no name");
  try {
    await makeFolder(dirname(file));
    if ((await found(file))?.isDirectory()) throw fail("a folder stands there; choose another name");
    const probe = join(dirname(file), `.${randomBytes(6).toString("hex")}.tmp`);
    await mkdir(probe);
    await rm(probe, { recursive: true });
  } catch (cause) {
    throw cause instanceof ConfigError ? cause : fail(explainFailure(cause));
  }
}

async function found(file: string) {
  return stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
}
