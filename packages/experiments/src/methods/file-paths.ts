import { basename, dirname, extname } from "node:path";
import { attributeNames } from "@latentflow/core";
import type { Edit } from "../config/edits.js";
import type { DirectionFile } from "../config/types.js";

/** Characters of a method's name that the number of a second one like it leaves room for. */
const LONGEST_ID = 60;

/** Whether a path has places for an attribute's number or name. */
export function isPattern({ file }: DirectionFile): boolean {
  return file.includes("{index}") || file.includes("{name}");
}

/** The path of an attribute's direction; null where this method is not meant for the attribute. */
export function pathFor(given: DirectionFile, { name, index }: Pick<Edit, "name" | "index">): string | null {
  if (given.attribute !== null && given.attribute !== name) return null;
  const number = given.dataset === null ? index : attributeNames(given.dataset).indexOf(name);
  if (number < 0) return null;
  return given.file.replaceAll("{index}", String(number)).replaceAll("{name}", name);
}

/** The method's name for folders and `--method`, of its file's and its folder's: "file-1-ckpt-index". */
export function idOf({ file }: DirectionFile, taken: ReadonlySet<string>): string {
  const words = `file ${basename(dirname(file))} ${basename(file, extname(file))}`;
  const id = words
    .replace(/[^A-Za-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, LONGEST_ID);
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? id : `${id}-${n}`;
    // Some file systems take two names that differ in letters' case for one.
    if (![...taken].some((other) => other.toLowerCase() === candidate.toLowerCase())) return candidate;
  }
}

/** What people read: the file with its folder, "1/ckpt_{index}.pt". */
export function labelOf({ file, label }: DirectionFile): string {
  return label ?? `${basename(dirname(file))}/${basename(file)}`;
}
