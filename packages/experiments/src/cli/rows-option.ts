import type { RowList, RowRange } from "@latentflow/latent-edit";
import { InvalidArgumentError } from "commander";

/**
 * Rows of W+ codes on the command line: "0:6" are the first six, as everywhere here up to but not including the last, "0,2,5" these three. "all" are
 * all, where a direction has some of its own.
 */
export function rowsOption(text: string): RowRange | RowList | "all" {
  if (text === "all") return text;
  const range = /^(\d{1,4}):(\d{1,4})$/.exec(text);
  if (range && Number(range[1]) < Number(range[2])) return [Number(range[1]), Number(range[2])];
  if (/^\d{1,4}(,\d{1,4})*$/.test(text)) return { only: text.split(",").map(Number) };
  throw new InvalidArgumentError('Expected a range such as 0:6, the first six rows, a list such as 0,2,5, or "all".');
}

/** The same in words: "rows 0:6". */
export function rowsText(rows: RowRange | RowList): string {
  return `rows ${"only" in rows ? rows.only.join(",") : rows.join(":")}`;
}
