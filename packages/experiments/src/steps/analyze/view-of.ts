import type { Analysis, Section } from "../../analyses/analysis.js";
import { valuesOf } from "../../analyses/values-of.js";
import type { Cell, CsvTable } from "../../drawing/csv.js";
import type { ReportContext } from "../../drawing/report-context.js";
import type { View } from "../../drawing/view.js";
import type { AttributeResult, ExperimentResults } from "../../results/index.js";

/** What is shown of an analysis, with what its values are of. */
export function viewOf(analysis: Analysis): View {
  const { csv, section } = analysis;
  return { ...(csv && { csv: tableOf(analysis, csv) }), ...(section && { section: partOf(analysis) }) };
}

/** An analysis's own table with the columns that say of what a row is. */
function tableOf(analysis: Analysis, table: CsvTable<unknown>): CsvTable<ExperimentResults> {
  return {
    ...table,
    columns: ["attribute", ...(analysis.of === "method" ? ["method"] : []), ...table.columns],
    rows: ({ attributes }) =>
      attributes.flatMap((attribute) =>
        valuesOf(analysis, attribute).flatMap(({ method, value }) => {
          const subject: Cell[] = method === undefined ? [attribute.name] : [attribute.name, method.id];
          return table.rows(value).map((row) => [...subject, ...row]);
        }),
      ),
  };
}

function partOf(analysis: Analysis): NonNullable<View["section"]> {
  // Entries of methods' analyses have a method, as `valuesOf` gives them.
  const { place, width, draw } = analysis.section as Section<unknown>;
  const drawn = (attributes: readonly AttributeResult[], context: ReportContext) =>
    draw(
      attributes.flatMap((attribute) => valuesOf(analysis, attribute)),
      context,
    );
  if (place === "experiment")
    return { place: "curvature", ...(width && { width }), draw: (context) => drawn(context.results.attributes, context) };
  return { place: place === "lead" ? "lead" : "measured", draw: (context, attribute) => drawn([attribute], context) };
}
