import { type CsvTable, csv } from "../drawing/csv.js";
import type { View } from "../drawing/view.js";
import { type Extensions, tablesWith } from "../extensions/extensions.js";
import type { ExperimentResults } from "../results/index.js";
import { viewsOf } from "../steps/index.js";
import { checkResults } from "./check-results.js";
import { withDistinctNames } from "./distinct-names.js";

/**
 * The numbers of the results as tables: file name → CSV (RFC 4180, a header line, nothing for numbers that do not exist).
 *
 * @param extensions analyses from outside whose values the results hold
 */
export function csvTables(results: ExperimentResults, extensions: Extensions = {}): Map<string, string> {
  checkResults("csvTables", results);
  return csvFiles(results, viewsOf(tablesWith("csvTables", extensions).analyses));
}

export function csvFiles(all: ExperimentResults, views: readonly View[]): Map<string, string> {
  const results = withDistinctNames(all);
  return new Map(tablesAmong(views).map(({ file, columns, rows }) => [file, csv(columns, rows(results))]));
}

export function tablesAmong(views: readonly View[]): CsvTable<ExperimentResults>[] {
  return views.flatMap(({ csv }) => csv ?? []);
}
