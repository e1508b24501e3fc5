import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { DeclaredOptions, OptionValues } from "@latentflow/core";
import { parse } from "csv-parse/sync";
import { reasonOf } from "../errors.js";
import { type DatasetDescription, quoted, refuse } from "../input/about.js";
import { DatasetFolder } from "../input/folder.js";
import { LabelTable } from "../input/labels.js";
import { seededSplits, splitsBy } from "../input/splits.js";
import type { Catalogue } from "../loading/catalogue.js";
import { pictureFiles } from "../pictures/files.js";
import { reader } from "./reader.js";

/** More values than these are measurements rather than classes. */
const MOST_CLASSES = 1000;

const about: DatasetDescription = {
  title: "folder with a CSV file",
  holds: [
    "labels.csv (or another by the option csv, or name the file itself), with a line of headings",
    'a column "file" with paths of pictures from the CSV\'s folder on; a column "split" where there are splits; each other column is an attribute',
  ],
  size: "as much as the pictures",
};

const OPTIONS = {
  /** Name of the table within the folder. Default "labels.csv". */
  csv: {
    default: "labels.csv",
    is: (value: unknown): value is string => typeof value === "string" && value !== "",
    expected: "a file's name",
  },
  /** Heading of the column of files. Default "file". */
  file: {
    default: "file",
    is: (value: unknown): value is string => typeof value === "string" && value !== "",
    expected: "a column's heading",
  },
} as const satisfies DeclaredOptions;

/**
 * Pictures of one's own: a folder, and a table that names each with its classes. Classes are the values of a column, numbers by size, else by the alphabet; an
 * empty cell is unknown (−1). Splits: those of the column "split", or 90 % train, 5 % validation and 5 % test from a seed.
 */
export const csv = reader({
  about,
  options: OPTIONS,
  async open(path: string, options: OptionValues<typeof OPTIONS>): Promise<Catalogue> {
    const isFile = await stat(path).then(
      (found) => found.isFile() && path.endsWith(".csv"),
      () => false,
    );
    const folder = await DatasetFolder.open(about, isFile ? dirname(resolve(path)) : path);
    const table = isFile ? path : await folder.find("file", options.csv);
    const [headings = [], ...rows] = rowsOf(table, await folder.text(table));
    const column = (name: string) => headings.indexOf(name);
    const [files, split] = [column(options.file), column("split")];
    if (files < 0)
      refuse(about, `a column "${options.file}" in ${table}`, `the columns ${headings.join(", ") || "of an empty table"}`);
    const names = headings.filter((_, i) => i !== files && i !== split);
    const twice = headings.find((name, i) => headings.indexOf(name) !== i);
    if (twice !== undefined) refuse(about, `one column of each heading in ${table}`, `two columns ${quoted(twice)}`);
    if (names.length === 0) refuse(about, `a column for each attribute in ${table}`, `only ${headings.join(", ")}`);
    if (rows.length === 0) refuse(about, `a line for each picture in ${table}`, "the headings alone");
    rows.forEach((row, i) => {
      if (row.length !== headings.length) refuse(about, `${headings.length} cells in line ${i + 2} of ${table}`, `${row.length}`);
      if (row[files] === "") refuse(about, `a picture's path in line ${i + 2} of ${table}`, "an empty cell");
    });
    const labels = new LabelTable(rows.length, names.length);
    const attributes = names.map((name, k) => {
      const cells = rows.map((row) => row[column(name)]!);
      const classes = classesOf(name, table, cells);
      for (const [i, cell] of cells.entries()) if (cell !== "") labels.set(i, k, classes.indexOf(cell));
      return { name, classes };
    });
    const base = dirname(table);
    return {
      attributes,
      length: rows.length,
      labels: (index, out) => labels.row(index, out),
      id: (index) => rows[index]![files]!,
      splits: () => (split < 0 ? seededSplits(rows.length) : splitsBy(rows.length, (index) => rows[index]![split] || undefined)),
      pictures: pictureFiles((index) => join(base, rows[index]![files]!)),
      files: [table],
    };
  },
});

function rowsOf(table: string, text: string): string[][] {
  try {
    return parse(text, { relax_column_count: true, skip_empty_lines: true, trim: true });
  } catch (cause) {
    return refuse(about, `a table with commas in ${table}`, `what can't be read as one (${reasonOf(cause)})`);
  }
}

/** Values of a column: numbers by size, others by the alphabet. */
function classesOf(name: string, table: string, cells: readonly string[]): string[] {
  const values = [...new Set(cells.filter((cell) => cell !== ""))];
  if (values.length === 0) refuse(about, `classes in column ${quoted(name)} of ${table}`, "empty cells alone");
  if (values.length > MOST_CLASSES)
    refuse(
      about,
      `at most ${MOST_CLASSES} classes in column ${quoted(name)} of ${table}`,
      `${values.length} values`,
      "are they measurements? Sort them into classes first",
    );
  const areNumbers = values.every((value) => Number.isFinite(Number(value)));
  return values.sort(areNumbers ? (a, b) => Number(a) - Number(b) : (a, b) => (a < b ? -1 : 1));
}
