import { relative } from "node:path";
import { type DeclaredOptions, type GivenOptions, isFunction, readOptions, SIGNAL } from "@latentflow/core";
import { DatasetsError, reasonOf } from "../errors.js";
import type { Catalogue } from "../loading/catalogue.js";
import { openCatalogue, readDatasetOptions } from "../open-dataset.js";
import { type DatasetName, READERS } from "../readers/index.js";
import { type Checksums, checksumOf, checksumsFile, defaultCacheFolder, readChecksums, writeChecksums } from "./checksums.js";
import { checkPictures } from "./pictures.js";
import { type DatasetCheck, type DatasetProblem, problemOf } from "./report.js";

const CHECK = {
  /** The reader's own, such as { variant: "complex" }. */
  dataset: {
    optional: true,
    is: (value: unknown): value is object => typeof value === "object" && value !== null,
    expected: "an object",
  },
  /** A part of the data set, not all that was published: counts are those of its own lists. Default false. */
  partial: { default: false },
  /** Pictures and archives are looked for, not opened; no checksums. Default false. */
  quick: { default: false },
  /** Where checksums are remembered. Default: `latentflow/checksums` in the user's folder of caches. */
  cacheFolder: {
    optional: true,
    is: (value: unknown): value is string => typeof value === "string" && value !== "",
    expected: "a folder's path",
  },
  /** Files looked at so far, of how many. */
  onProgress: { optional: true, is: isFunction<(done: number, total: number) => void>, expected: "a function" },
  signal: SIGNAL,
} as const satisfies DeclaredOptions;

/** Options of `checkDataset`. */
export interface CheckOptions extends GivenOptions<typeof CHECK> {}

/**
 * Looks at all of a data set's files: what is missing, damaged, cut off, another thing than its name says, or not as many as published. Opens every picture. A
 * first check without a problem remembers checksums in the user's folder of caches; later ones compare. Nothing else is written.
 *
 * @throws DatasetsError for wrong arguments alone; what is wrong with the files is in the answer
 */
export async function checkDataset(name: DatasetName, path: string, options: CheckOptions = {}): Promise<DatasetCheck> {
  const caller = "checkDataset";
  const { dataset, partial, quick, cacheFolder, onProgress, signal } = readOptions(caller, CHECK, options, DatasetsError);
  const { own } = readDatasetOptions(caller, name, dataset);
  const { about } = READERS[name];
  const nothing = { about, pictures: null, splits: {}, checksums: "none", checksumsFile: null } as const;
  let catalogue: Catalogue;
  try {
    catalogue = await openCatalogue(caller, name, path, own);
  } catch (error) {
    if (!(error instanceof DatasetsError) || error.message.startsWith(caller)) throw error;
    return { ...nothing, problems: [{ kind: "structure", message: withoutCaller(error.message), count: 1 }] };
  }
  try {
    const checksums = new Map<string, string>();
    const problems = [...countProblems(about, catalogue, partial), ...labelProblems(catalogue)];
    const look = { catalogue, path, open: !quick, signal, onProgress, checksums };
    if (catalogue.pictures.path !== undefined) problems.push(...(await checkPictures(look)));
    else if (!quick) problems.push(...(await archiveProblems(catalogue)));
    const splits = Object.fromEntries(Object.entries(catalogue.splits()).map(([split, list]) => [split, list.length]));
    const found = { about, pictures: catalogue.length, splits };
    if (quick) return { ...nothing, ...found, problems };
    for (const file of catalogue.files) checksums.set(relative(path, file) || ".", await checksumOf(file));
    const memory = await checksumsFile(cacheFolder ?? defaultCacheFolder(), name, path);
    const before = await readChecksums(memory);
    if (before !== undefined)
      return {
        ...found,
        problems: [...problems, ...changes(before, checksums, memory)],
        checksums: "compared",
        checksumsFile: memory,
      };
    // What is damaged is not worth remembering.
    if (problems.length > 0) return { ...nothing, ...found, problems };
    await writeChecksums(memory, checksums);
    return { ...found, problems, checksums: "written", checksumsFile: memory };
  } finally {
    await catalogue.pictures.close();
  }
}

function countProblems(about: DatasetCheck["about"], catalogue: Catalogue, partial: boolean): DatasetProblem[] {
  if (partial) return [];
  const counts: [what: string, found: number, published: number][] = [];
  if (about.images !== undefined) counts.push(["pictures", catalogue.length, about.images]);
  for (const [what, [found, published]] of Object.entries(catalogue.counts?.() ?? {})) counts.push([what, found, published]);
  // Where the whole is another, its parts are, too.
  if (about.images === catalogue.length)
    for (const [split, published] of Object.entries(about.splits ?? {}))
      counts.push([`pictures of the split ${split}`, catalogue.splits()[split]?.length ?? 0, published]);
  const shown = (count: number) => count.toLocaleString("en-US");
  return counts
    .filter(([, found, published]) => found !== published)
    .map(([what, found, published]) => ({
      kind: "count",
      message: `expected ${shown(published)} ${what}, as published, got ${shown(found)}; where a part of them is meant, say so (partial)`,
      count: Math.abs(found - published),
    }));
}

function labelProblems(catalogue: Catalogue): DatasetProblem[] {
  return (catalogue.examine?.() ?? []).map((message) => ({ kind: "labels", message, count: 1 }));
}

/** Reads an archive to its end, where its checksum is. */
async function archiveProblems({ pictures }: Catalogue): Promise<DatasetProblem[]> {
  try {
    await pictures.verify?.();
    return [];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [{ kind: "unreadable", message: withoutCaller(reasonOf(error)), count: 1 }];
  }
}

function changes(before: Checksums, now: Checksums, memory: string): DatasetProblem[] {
  const changed = [...now].filter(([file, sum]) => before.has(file) && before.get(file) !== sum).map(([file]) => file);
  if (changed.length === 0) return [];
  const advice = `was this meant? Delete ${memory}, and the next check remembers them as they are`;
  const problem = problemOf(
    "changed",
    `${changed.length} of ${before.size} files are not what they were at the first check`,
    changed,
  );
  return [{ ...problem, message: `${problem.message}; ${advice}` }];
}

const withoutCaller = (message: string) => message.replace(/^[\w.]+: /, "").replace(/\.$/, "");
