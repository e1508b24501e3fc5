import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { writeFileAtomic } from "@latentflow/core/files";
import { DatasetsError } from "../errors.js";

/** Size and the beginning of the SHA-256 of each file, by its path within the data set. */
export type Checksums = ReadonlyMap<string, string>;

const FIRST_LINE = "latentflow checksums 1";
/** Hexadecimal digits that are kept: 64 bits, for damage, not for forgery. */
const DIGITS = 16;

/** The user's folder of caches, as the system has it. */
export function defaultCacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const base = XDG_CACHE_HOME || (process.platform === "win32" && LOCALAPPDATA) || join(homedir(), ".cache");
  return join(base, "latentflow", "checksums");
}

/** Where the checksums of a data set at a path are remembered: data may lie where nobody may write, so not beside it. */
export async function checksumsFile(cacheFolder: string, name: string, path: string): Promise<string> {
  const place = createHash("sha256")
    .update(await realpath(path))
    .digest("hex")
    .slice(0, DIGITS);
  return join(cacheFolder, `${name}-${place}.txt`);
}

/** "size digest" of a file, read piece by piece. */
export async function checksumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(piece as Uint8Array);
  return `${(await stat(file)).size} ${hash.digest("hex").slice(0, DIGITS)}`;
}

/** What was remembered; undefined where nothing was. */
export async function readChecksums(file: string): Promise<Checksums | undefined> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw new DatasetsError(`checkDataset: could not read the remembered checksums in ${file}: ${cause.message}.`, { cause });
  });
  if (text === undefined) return undefined;
  const [first, ...lines] = text.trimEnd().split("\n");
  const entries = lines.map((line) => /^(\d+ [0-9a-f]{16}) (.+)$/.exec(line));
  if (first !== FIRST_LINE || entries.includes(null))
    throw new DatasetsError(
      `checkDataset: expected remembered checksums in ${file}, got something else; delete it to remember them anew.`,
    );
  return new Map(entries.map((entry) => [entry![2]!, entry![1]!]));
}

export async function writeChecksums(file: string, checksums: Checksums): Promise<void> {
  const lines = [...checksums].map(([path, sum]) => `${sum} ${path}\n`);
  await writeFileAtomic(file, `${FIRST_LINE}\n${lines.join("")}`);
}
