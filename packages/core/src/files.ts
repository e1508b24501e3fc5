/** Files that are never half-written. Node only: `import { writeFileAtomic } from "@latentflow/core/files"`. */
import { randomBytes } from "node:crypto";
import { mkdir, open, readlink, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { type DeclaredOptions, type GivenOptions, readOptions } from "./declared-options.js";
import { CoreError, describeValue } from "./errors.js";

const WRITE = {
  /** Folder that the file must lie in, links followed: where files of others may lie about, a link must not lead the writer elsewhere. */
  within: { optional: true, is: isPath, expected: "a folder's path" },
} as const satisfies DeclaredOptions;

/** Options of `writeFileAtomic` and `writeJsonAtomic`. */
export interface WriteOptions extends GivenOptions<typeof WRITE> {}

/**
 * Writes a file so that a reader sees either the old content or the whole new one, also after a crash or on a full disk: the data goes to a
 * temporary file in the same folder, is flushed to the disk, and takes the name by a rename. Folders on the way are made.
 *
 * @throws CoreError where a link leads out of `within`, and naming the path and the cause where writing fails; the temporary file is removed, the old file untouched
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | AsyncIterable<Uint8Array>,
  options: WriteOptions = {},
): Promise<void> {
  const { within } = readOptions("writeFileAtomic", WRITE, options);
  checkPath("writeFileAtomic", "a path", path);
  if (!isContent(data)) {
    throw new CoreError(`writeFileAtomic: expected text, bytes or a stream of bytes for ${path}, got ${describeValue(data)}.`);
  }
  // A link stays a link: what it points to is replaced.
  const target = await realpath(path).catch(() => path);
  if (within !== undefined) await requireWithin(path, within);
  const folder = dirname(target);
  const temporary = join(folder, `.${randomBytes(6).toString("hex")}.tmp`);
  try {
    const mode = await stat(target).then(
      (old) => old.mode & 0o777,
      () => undefined,
    );
    await mkdir(folder, { recursive: true });
    const file = await open(temporary, "wx");
    try {
      await writeFile(file, data);
      if (mode !== undefined) await file.chmod(mode);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw new CoreError(`writeFileAtomic: could not write ${path}: ${explain(cause)}. What stood there before is unchanged.`, {
      cause,
    });
  }
  await syncFolder(folder);
}

/**
 * Writes a value as indented JSON, atomically; typed arrays as arrays. Throws on what JSON can't hold: circles, BigInt, and the NaN and Infinity
 * that `JSON.stringify` would turn to null.
 */
export async function writeJsonAtomic(path: string, value: unknown, options: WriteOptions = {}): Promise<void> {
  checkPath("writeJsonAtomic", "a path", path);
  const text = toJson(path, value);
  if (text === undefined)
    throw new CoreError(`writeJsonAtomic: expected a value that JSON can hold, got ${typeof value} for ${path}.`);
  await writeFileAtomic(path, `${text}\n`, options);
}

/** Whether a path lies below a folder, all links followed; neither need exist. */
export async function liesWithin(path: string, folder: string): Promise<boolean> {
  checkPath("liesWithin", "a path", path);
  checkPath("liesWithin", "a folder's path", folder);
  const [file, home] = await Promise.all([realPathOf(path), realPathOf(folder)]);
  const way = relative(home, file);
  return way !== "" && way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function requireWithin(path: string, folder: string): Promise<void> {
  if (await liesWithin(path, folder)) return;
  throw new CoreError(
    `writeFileAtomic: expected ${path} to lie in ${folder}, got ${await realPathOf(path)} by its links; remove the link, or name that folder itself.`,
  );
}

function isPath(value: unknown): value is string {
  return typeof value === "string" && value !== "" && !value.includes("\0");
}

function checkPath(caller: string, expected: string, path: unknown): void {
  if (isPath(path)) return;
  throw new CoreError(`${caller}: expected ${expected}, got ${describeValue(path)}.`);
}

function isContent(data: unknown): boolean {
  return (
    typeof data === "string" ||
    ArrayBuffer.isView(data) ||
    (typeof data === "object" && data !== null && Symbol.asyncIterator in data)
  );
}

/** As many links in a row as Linux follows. */
const MOST_LINKS = 40;

/** The path without links, also of what does not exist yet. */
async function realPathOf(path: string, links = 0): Promise<string> {
  if (links > MOST_LINKS) {
    throw new CoreError(
      `liesWithin: expected at most ${MOST_LINKS} links in a row, got more at ${path}; does one of them lead to itself?`,
    );
  }
  const whole = resolve(path);
  const real = await realpath(whole).catch(() => undefined);
  if (real !== undefined) return real;
  // A link to nothing is followed, too: writing would make what it points to.
  const pointed = await readlink(whole).catch(() => undefined);
  if (pointed !== undefined) return realPathOf(resolve(dirname(whole), pointed), links + 1);
  return dirname(whole) === whole ? whole : join(await realPathOf(dirname(whole), links), basename(whole));
}

function toJson(path: string, value: unknown): string | undefined {
  const check = (key: string, item: unknown): unknown => {
    if (typeof item === "number" && !Number.isFinite(item)) {
      throw new CoreError(`writeJsonAtomic: expected finite numbers, got ${item} at key "${key}" for ${path}.`);
    }
    if (typeof item === "bigint")
      throw new CoreError(`writeJsonAtomic: expected what JSON can hold, got a BigInt at key "${key}" for ${path}.`);
    return ArrayBuffer.isView(item) && !(item instanceof DataView) ? Array.from(item as Float64Array) : item;
  };
  try {
    return JSON.stringify(value, check, 2);
  } catch (cause) {
    if (cause instanceof CoreError) throw cause;
    throw new CoreError(`writeJsonAtomic: expected a value without circles for ${path}: ${explain(cause)}.`, { cause });
  }
}

/** A rename is on the disk only when its folder is. Some systems can't open folders: there the rename alone must do. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r").catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

function explain(cause: unknown): string {
  const code = (cause as NodeJS.ErrnoException).code;
  if (code === "ENOSPC") return "the disk is full; free some space and run again";
  if (code === "EACCES" || code === "EPERM" || code === "EROFS") return "no permission to write there; choose another folder";
  if (code === "ENOTDIR" || code === "EISDIR" || code === "EEXIST" || code === "ENOTEMPTY")
    return "a file stands where a folder is needed, or the other way round";
  return cause instanceof Error ? cause.message : String(cause);
}
