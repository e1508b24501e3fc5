import type { Analysis } from "../analyses/analysis.js";
import { valuesOf } from "../analyses/values-of.js";
import { type Cell, type CsvTable, csv } from "../drawing/csv.js";
import { TABLES_AFTER, TABLES_BEFORE } from "../drawing/result-tables.js";
import { type Extensions, tablesWith } from "../experiment/extensions.js";
import type { ExperimentResults } from "../results/index.js";
import { checkResults } from "./check-results.js";
import { withDistinctNames } from "./distinct-names.js";

/**
 * The numbers of the results as tables: file name → CSV (RFC 4180, a header line, nothing for numbers that do not exist).
 *
 * @param extensions analyses from outside whose values the results hold
 */
export function csvTables(results: ExperimentResults, extensions: Extensions = {}): Map<string, string> {
  checkResults("csvTables", results);
  return csvFiles(results, tablesWith("csvTables", extensions).analyses);
}

export function csvFiles(all: ExperimentResults, analyses: readonly Analysis[]): Map<string, string> {
  const results = withDistinctNames(all);
  return new Map(tablesOf(analyses).map(({ file, columns, rows }) => [file, csv(columns, rows(results))]));
}

/** Every table: of the measurements, of each analysis, of all else. */
export function tablesOf(analyses: readonly Analysis[]): CsvTable<ExperimentResults>[] {
  return [...TABLES_BEFORE, ...analyses.flatMap((analysis) => tableOf(analysis) ?? []), ...TABLES_AFTER];
}

/** An analysis's own table with the columns that say of what a row is. */
function tableOf(analysis: Analysis): CsvTable<ExperimentResults> | undefined {
  const { csv: table, of } = analysis;
  if (table === undefined) return undefined;
  return {
    ...table,
    columns: ["attribute", ...(of === "method" ? ["method"] : []), ...table.columns],
    rows: ({ attributes }) =>
      attributes.flatMap((attribute) =>
        valuesOf(analysis, attribute).flatMap(({ method, value }) => {
          const subject: Cell[] = method === undefined ? [attribute.name] : [attribute.name, method.id];
          return table.rows(value).map((row) => [...subject, ...row]);
        }),
      ),
  };
}
