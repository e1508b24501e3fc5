import { measuredCurves } from "../../../drawing/cd-curves.js";
import type { Cell } from "../../../drawing/csv.js";
import { type Markup, markup } from "../../../drawing/markup.js";
import { fixed, short, words } from "../../../drawing/numbers.js";
import { methodName, type ReportContext } from "../../../drawing/report-context.js";
import { type Column, type Heat, table } from "../../../drawing/table.js";
import type { View } from "../../../drawing/view.js";
import type { AttributeResult, Evaluation } from "../../../results/index.js";
import { perMethod } from "../../per-method.js";

/** More columns than this nobody reads. */
const MOST = 12;

/** Which other attributes an edit changes. */
export const otherAttributes: View = {
  csv: {
    file: "other-attributes.csv",
    about: "Disentanglement of each other attribute by itself",
    columns: ["attribute", "method", "t", "other", "disentanglement"],
    rows: (results) =>
      perMethod(results, ({ name }, { id, evaluation }) =>
        (evaluation?.perAttribute ?? []).flatMap((values, j) => {
          const other = results.sample.attributes[j]?.name ?? j;
          return (values ?? []).map((value, i): Cell[] => [name, id, evaluation!.times[i]!, other, value]);
        }),
      ),
  },
  section: { place: "details", draw: leakage },
};

/** At the length where half of the starts have arrived. */
function leakage(context: ReportContext, attribute: AttributeResult): Markup | false {
  const others = context.results.sample.attributes.map(({ name }, j) => ({ name, j })).filter(({ j }) => j !== attribute.index);
  const measured = measuredCurves(context, attribute);
  if (measured.length === 0 || others.length === 0) return false;
  const rows = measured.map(({ style, evaluation }) => ({
    style,
    t: evaluation.lengthForHalf,
    values: others.map(({ j }) => atHalf(evaluation, j)),
  }));
  const largest = (k: number) => Math.max(...rows.map(({ values }) => values[k] ?? 0));
  const shown = others
    .map((_, k) => k)
    .sort((a, b) => largest(b) - largest(a) || a - b)
    .slice(0, MOST);
  const columns: Column[] = [
    { head: "method" },
    { head: "t", kind: "number" },
    ...shown.map((k) => ({ head: words(others[k]!.name), kind: "heat" as const })),
  ];
  const body = rows.map(({ style, t, values }) => {
    const cells = shown.map((k): Heat => ({ share: values[k] ?? 0, text: fixed(values[k]) }));
    return [methodName(style), t === null ? "never" : short(t), ...cells];
  });
  const most = others.length > MOST ? `; the ${MOST} that change most` : "";
  return markup`<details><summary>What else changes</summary>${table(`Disentanglement by other attribute where half of the starts have arrived (0: unchanged)${most}`, columns, body, { stack: false })}</details>`;
}

/** D of one other attribute at `lengthForHalf`, linear between the measured times; null when half never arrive. */
function atHalf({ lengthForHalf: t, times, perAttribute }: Evaluation, j: number): number | null {
  const values = perAttribute[j];
  if (t === null || !values) return null;
  const next = times.findIndex((time) => time >= t);
  if (next <= 0) return values[Math.max(0, next)] ?? null;
  const share = (t - times[next - 1]!) / (times[next]! - times[next - 1]!);
  return values[next - 1]! + share * (values[next]! - values[next - 1]!);
}
