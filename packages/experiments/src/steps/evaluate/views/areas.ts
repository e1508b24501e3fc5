import type { Cell } from "../../../drawing/csv.js";
import { type Markup, markup } from "../../../drawing/markup.js";
import { fixed, interval, meanAndSpread, NONE, percent, short } from "../../../drawing/numbers.js";
import { methodName, missing, type ReportContext, styleOf } from "../../../drawing/report-context.js";
import { type Column, table } from "../../../drawing/table.js";
import type { View } from "../../../drawing/view.js";
import { type AttributeResult, LEAST_CONTROL } from "../../../results/index.js";
import { limitsOf } from "./limits-of.js";

/** How pure every method's edits are, in one number, and how far they get. */
export const areas: View = {
  csv: {
    file: "areas.csv",
    about: "areas under the CD curves over the common Control range, with intervals, and how far each method gets",
    columns: [
      ...["attribute", "method", "control_low", "control_high", "area", "area_lower", "area_upper"],
      ...["mean_disentanglement", "max_control", "t_for_half"],
    ],
    rows: ({ attributes }) =>
      attributes.flatMap(({ name, methods, comparison }) =>
        (comparison?.areas ?? []).map(({ method, area, interval, meanDisentanglement, maxControl }): Cell[] => {
          const half = methods.find(({ id }) => id === method)?.evaluation?.lengthForHalf ?? null;
          return [name, method, ...comparison!.range, area, ...limitsOf(interval), meanDisentanglement, maxControl, half];
        }),
      ),
  },
  section: { place: "curves", draw: areasTable },
};

function areasTable(context: ReportContext, { methods, comparison }: AttributeResult): Markup {
  if (comparison === null) return missing("Areas and tests wait until all methods are measured.");
  const { range } = comparison;
  const empty = range[1] <= range[0];
  const columns: Column[] = [
    { head: "method" },
    ...["area", "mean D", "largest Control", "t for half"].map((head) => ({ head, kind: "number" as const })),
  ];
  const rows = comparison.areas.map(({ method, area, interval: limits, meanDisentanglement, maxControl, seeds }) => {
    const half = methods.find(({ id }) => id === method)?.evaluation?.lengthForHalf;
    return [
      methodName(styleOf(context, method)),
      empty || area === null ? NONE : markup`${fixed(area, 4)}<br><small>${interval(limits, 4)}</small>`,
      seeds ? spreadOf(seeds.meanDisentanglement, (x) => fixed(x, 3)) : fixed(meanDisentanglement, 3),
      seeds ? spreadOf(seeds.maxControl, percent) : percent(maxControl),
      half === null || half === undefined ? "never" : short(half),
    ];
  });
  const trainings = comparison.areas.find(({ seeds }) => seeds)?.seeds?.seeds.length;
  const spread = trainings === undefined ? "" : `; ± is the standard deviation over ${trainings} trainings from different seeds`;
  const caption = empty
    ? "Areas: the methods share no Control range, so none can be compared with all others; see the pairs below"
    : `Area under the CD curve over the Control range ${percent(range[0])} to ${percent(range[1])} that all methods share which get ${percent(LEAST_CONTROL)} of the starts there (lower is better), with ${percent(comparison.confidence)} interval`;
  return table(`${caption}${spread}`, columns, rows);
}

/** Mean and spread over trainings. */
function spreadOf(values: readonly (number | null)[], write: (value: number) => string): string {
  const known = values.filter((x) => x !== null);
  return known.length === 0 ? NONE : meanAndSpread(known, write);
}
