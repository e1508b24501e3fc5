/** Files that are never half-written. Node only: `import { writeFileAtomic } from "@latentflow/core/files"`. */
import { randomBytes } from "node:crypto";
import { mkdir, open, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { CoreError } from "./errors.js";

/**
 * Writes a file so that a reader sees either the old content or the whole new one, also after a crash or on a full disk: the data goes to a
 * temporary file in the same folder, is flushed to the disk, and takes the name by a rename. Folders on the way are made.
 *
 * @throws CoreError naming the path and the cause; the temporary file is removed, the old file untouched
 */
export async function writeFileAtomic(path: string, data: string | Uint8Array | AsyncIterable<Uint8Array>): Promise<void> {
  const folder = dirname(path);
  const temporary = join(folder, `.${basename(path)}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`);
  try {
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, "wx");
    try {
      await writeFile(file, data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
    await syncFolder(folder);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new CoreError(`writeFileAtomic: could not write ${path}: ${explain(cause)}. What stood there before is unchanged.`, {
      cause,
    });
  }
}

/** Writes a value as indented JSON, atomically. Throws on what JSON can't hold (NaN, Infinity), which `JSON.stringify` would turn to null. */
export async function writeJsonAtomic(path: string, value: unknown): Promise<void> {
  const text = JSON.stringify(
    value,
    (key, item) => {
      if (typeof item === "number" && !Number.isFinite(item)) {
        throw new CoreError(`writeJsonAtomic: expected finite numbers, got ${item} at key "${key}" for ${path}.`);
      }
      return item;
    },
    2,
  );
  if (text === undefined)
    throw new CoreError(`writeJsonAtomic: expected a value that JSON can hold, got ${typeof value} for ${path}.`);
  await writeFileAtomic(path, `${text}\n`);
}

/** A rename is on the disk only when its folder is. Some systems can't open folders: there the rename alone must do. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, "r");
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code !== "EISDIR" && code !== "EPERM" && code !== "EACCES" && code !== "EINVAL") throw error;
  }
}

function explain(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOSPC") return "the disk is full; free some space and run again";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "no permission to write there; choose another folder";
  if (code === "ENOTDIR" || code === "EISDIR") return "a file stands where a folder is needed, or the other way round";
  return cause instanceof Error ? cause.message : String(cause);
}
