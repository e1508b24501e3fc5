import { stat } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { relative } from "node:path";
import { throwIfAborted } from "@latentflow/core";
import { workAhead } from "../loading/ahead.js";
import type { Catalogue } from "../loading/catalogue.js";
import { PictureError } from "../pictures/decode.js";
import { checksumOf } from "./checksums.js";
import { type DatasetProblem, problemOf } from "./report.js";

interface Look {
  readonly catalogue: Catalogue;
  readonly path: string;
  /** Whether each is opened, or only looked for. */
  readonly open: boolean;
  readonly signal: AbortSignal | undefined;
  readonly onProgress: ((done: number, total: number) => void) | undefined;
  readonly checksums: Map<string, string>;
}

type Found = { readonly problem?: string; readonly size?: string; readonly sum?: string };

/** Looks at every picture that is a file of its own; gives what is wrong, a kind of damage a problem. */
export async function checkPictures({ catalogue, path, open, signal, onProgress, checksums }: Look): Promise<DatasetProblem[]> {
  const { pictures, length } = catalogue;
  const [missing, sizes, unreadable] = [[] as string[], [] as string[], new Map<string, string[]>()];
  const numbers = Array.from({ length }, (_, i) => i);
  const nameOf = (index: number) => relative(path, pictures.path!(index));
  const look = (index: number) => lookAt(pictures.path!(index), open ? () => pictures.read(index, undefined) : undefined);
  let index = 0;
  for await (const { problem, size, sum } of workAhead(numbers, 4 * availableParallelism(), look)) {
    throwIfAborted("checkDataset", signal);
    const name = nameOf(index++);
    if (problem === MISSING) missing.push(name);
    else if (problem !== undefined) unreadable.set(problem, [...(unreadable.get(problem) ?? []), name]);
    else if (size !== undefined && pictures.size !== undefined && size !== pictures.size.join(" × "))
      sizes.push(`${name} (${size})`);
    if (sum !== undefined) checksums.set(name, sum);
    onProgress?.(index, length);
  }
  const of = (count: number) => `${count} of ${length} pictures`;
  return [
    ...(missing.length > 0 ? [problemOf("missing", `${of(missing.length)} are missing`, missing)] : []),
    ...[...unreadable].map(([why, names]) => problemOf("unreadable", `${of(names.length)} can't be read, ${why}`, names)),
    ...(sizes.length > 0 ? [problemOf("size", `${of(sizes.length)} are not ${pictures.size!.join(" × ")} pixels`, sizes)] : []),
  ];
}

const MISSING = "there is no such file";

async function lookAt(file: string, read: (() => Promise<{ width: number; height: number }>) | undefined): Promise<Found> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) return { problem: MISSING };
  if (!found.isFile()) return { problem: "it is a folder" };
  if (found.size === 0) return { problem: "an empty file" };
  if (read === undefined) return {};
  try {
    const { width, height } = await read();
    return { size: `${width} × ${height}`, sum: await checksumOf(file) };
  } catch (error) {
    if (error instanceof PictureError) return { problem: error.problem };
    throw error;
  }
}
