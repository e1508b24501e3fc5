/** null: a number that does not exist. */
export type Cell = string | number | null;

/** A table made of something, which becomes one CSV file. */
export interface CsvTable<Source> {
  /** Its file: "curves.csv". */
  readonly file: string;
  /** What a row is, and where they are not plain, its columns: for the page's list of files and for READMEs. */
  readonly about: string;
  readonly columns: readonly string[];
  rows(source: Source): readonly (readonly Cell[])[];
}

/** One CSV file (RFC 4180, a header line, nothing for numbers that do not exist). */
export function csv(header: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [header, ...rows].map((row) => `${row.map(quote).join(",")}\r\n`).join("");
}

/**
 * A text that a spreadsheet would take for a formula is told apart by a leading apostrophe, which spreadsheets know as the sign of text
 * (OWASP, "CSV injection"). Numbers stay numbers, also negative ones.
 */
function quote(cell: Cell): string {
  if (cell === null) return "";
  const text = typeof cell === "string" && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
