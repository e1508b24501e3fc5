import type { DatasetDescription } from "../input/about.js";

/** One thing that is wrong with a data set's files. */
export interface DatasetProblem {
  /**
   * "structure": a file that must be there is missing or damaged; "count": there are more or fewer than published; "missing", "unreadable", "size": pictures
   * that are not there, can't be decoded, or have other sides than all; "labels": what only a look at all labels shows; "changed": files that are
   * not what they were at the first check.
   */
  readonly kind: "structure" | "count" | "missing" | "unreadable" | "size" | "labels" | "changed";
  /** The whole of it in a sentence, with the first files by name. */
  readonly message: string;
  /** How many files it is about. */
  readonly count: number;
}

export interface DatasetCheck {
  readonly about: DatasetDescription;
  /** Pictures that the data set's lists have; null where these could not be read. */
  readonly pictures: number | null;
  /** Pictures of each split. */
  readonly splits: Readonly<Record<string, number>>;
  readonly problems: readonly DatasetProblem[];
  /** What became of the checksums: written at a first check without a problem, compared with those of the first, or left alone. */
  readonly checksums: "written" | "compared" | "none";
  readonly checksumsFile: string | null;
}

const NAMED = 5;

/** "3 of 12 pictures are missing: a, b, c". */
export function problemOf(kind: DatasetProblem["kind"], what: string, files: readonly string[]): DatasetProblem {
  const more = files.length > NAMED ? `, and ${files.length - NAMED} more` : "";
  return { kind, message: `${what}: ${files.slice(0, NAMED).join(", ")}${more}`, count: files.length };
}
