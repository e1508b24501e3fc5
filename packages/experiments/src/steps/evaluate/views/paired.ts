import type { Cell } from "../../../drawing/csv.js";
import { type Markup, markup } from "../../../drawing/markup.js";
import { fixed, interval, NONE, percent, short, signed } from "../../../drawing/numbers.js";
import { methodName, type ReportContext, styleOf } from "../../../drawing/report-context.js";
import { type Column, table } from "../../../drawing/table.js";
import type { View } from "../../../drawing/view.js";
import type { AttributeResult } from "../../../results/index.js";
import { verdictMark } from "../../../verdicts/mark.js";
import { flowVerdicts, type PairView, pairView } from "../../../verdicts/verdict.js";
import { limitsOf } from "./limits-of.js";

/** Every two methods on the same starts. */
export const paired: View = {
  csv: {
    file: "paired.csv",
    about: "every two methods compared on the same starts: a minus b",
    columns: [
      ...["attribute", "a", "b", "difference", "lower", "upper", "p"],
      ...["control_difference", "control_lower", "control_upper", "undefined_resamples"],
    ],
    rows: ({ attributes }) =>
      attributes.flatMap(({ name, comparison }) =>
        (comparison?.paired ?? []).map((test): Cell[] => {
          const { a, b, difference, interval, pValue, controlDifference, controlInterval, undefinedResamples } = test;
          const purity = [difference, ...limitsOf(interval), pValue];
          return [name, a, b, ...purity, controlDifference, ...controlInterval, undefinedResamples];
        }),
      ),
  },
  section: { place: "measured", draw: pairedTable },
};

/** Each flow against each straight edit; the other pairs, folded away. */
function pairedTable(context: ReportContext, attribute: AttributeResult): Markup | false {
  const { comparison } = attribute;
  if (comparison === null || comparison.paired.length === 0) return false;
  const views = flowVerdicts(attribute).flatMap(({ pairs }) => pairs);
  const shown = new Set(views.flatMap(({ method, other }) => [`${method} ${other}`, `${other} ${method}`]));
  const others = comparison.paired
    .filter(({ a, b }) => !shown.has(`${a} ${b}`))
    .flatMap(({ a, b }) => pairView(comparison.paired, a, b) ?? []);
  const confidence = percent(comparison.confidence);
  const caption = `Paired comparisons on the same starts, with ${confidence} intervals. Disentanglement at equal Control: below 0, the first changes the others less. Control: above 0, the first reaches more starts.`;
  return markup`<h3>Who is better?</h3>${views.length > 0 && pairs(context, caption, views)}
${others.length > 0 && markup`<details${views.length === 0 && markup` open`}><summary>Other pairs</summary>${pairs(context, caption, others)}</details>`}`;
}

const COLUMNS: readonly Column[] = [
  { head: "compared" },
  { head: "the first is" },
  { head: "Disentanglement", kind: "number" },
  { head: "p", kind: "number" },
  { head: "largest Control", kind: "number" },
];
const REALISM: Column = { head: "distance to the generator's own pictures", kind: "number" };

function pairs(context: ReportContext, caption: string, views: readonly PairView[]): Markup {
  const isLookedAt = views.some(({ realism }) => realism !== undefined);
  const rows = views.map((view) => {
    const { verdict, difference, controlDifference, controlInterval, pValue } = view;
    const name = (id: string) => methodName(styleOf(context, id));
    return [
      markup`${name(view.method)}<br><small>against</small> ${name(view.other)}`,
      verdictMark(verdict),
      difference === null ? "no common range" : withInterval(difference, view.interval),
      pValue !== null && pValue < 0.001 ? "< 0.001" : fixed(pValue, 3),
      withInterval(controlDifference, controlInterval),
      ...(isLookedAt ? [realismOf(view)] : []),
    ];
  });
  const seen = isLookedAt ? " Distance at equal Control: below 0, the first's pictures are nearer to the generator's own." : "";
  return table(`${caption}${seen}`, isLookedAt ? [...COLUMNS, REALISM] : COLUMNS, rows);
}

function realismOf({ realism }: PairView): Markup | string {
  if (!realism) return "no common Control";
  const { control, distance, interval: limits } = realism;
  if (distance === null) return "too few pictures";
  const text = (x: number) => `${x > 0 ? "+" : ""}${short(x)}`;
  return markup`${text(distance)} <small>at ${percent(control)}</small><br><small>${limits === null ? NONE : `[${text(limits[0])}, ${text(limits[1])}]`}</small>`;
}

function withInterval(value: number, limits: readonly [number, number] | null): Markup {
  return markup`${signed(value)}<br><small>${interval(limits, 3, signed)}</small>`;
}
