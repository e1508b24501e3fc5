import { parse } from "csv-parse/sync";
import { reasonOf } from "../errors.js";
import { type DatasetDescription, refuse } from "../input/about.js";
import type { DatasetFolder } from "../input/folder.js";

/** Where the hierarchy puts a category; it may have several. */
export interface SceneKinds {
  readonly indoor: boolean;
  readonly natural: boolean;
  readonly manMade: boolean;
}

const COLUMNS = { indoor: "indoor", natural: "outdoor, natural", manMade: "outdoor, man-made" } as const;

/** "Scene hierarchy - Places365.csv": one or two lines of headings, names in single quotes, 1 where a category belongs. */
export async function readHierarchy(
  about: DatasetDescription,
  folder: DatasetFolder,
  file: string,
): Promise<ReadonlyMap<string, SceneKinds>> {
  const rows = rowsOf(about, file, await folder.text(file));
  const simplify = (cell: string) => cell.trim().toLowerCase().replace(/\s+/g, " ");
  const heading = rows.findIndex((row) => row.some((cell) => simplify(cell) === COLUMNS.natural));
  const columnOf = (name: string) => {
    const at = (rows[heading] ?? []).findIndex((cell) => simplify(cell) === name);
    return at >= 0 ? at : refuse(about, `a column "${name}" in ${file}`, "none");
  };
  const [natural, indoor, manMade] = [columnOf(COLUMNS.natural), columnOf(COLUMNS.indoor), columnOf(COLUMNS.manMade)];
  const kinds = new Map<string, SceneKinds>();
  for (const row of rows.slice(heading + 1)) {
    const name = row[0]?.trim().replace(/^'(.*)'$/, "$1") ?? "";
    if (!name.startsWith("/")) continue;
    const is = (column: number) => row[column]?.trim() === "1";
    kinds.set(name, { indoor: is(indoor), natural: is(natural), manMade: is(manMade) });
  }
  return kinds;
}

function rowsOf(about: DatasetDescription, file: string, text: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: true });
  } catch (cause) {
    return refuse(about, `a table with commas in ${file}`, `what can't be read as one (${reasonOf(cause)})`);
  }
}
