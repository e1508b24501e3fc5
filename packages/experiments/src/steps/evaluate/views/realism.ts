import type { Cell } from "../../../drawing/csv.js";
import { type Markup, markup } from "../../../drawing/markup.js";
import { interval, NONE, percent, short, words } from "../../../drawing/numbers.js";
import { methodName, type ReportContext, styleOf } from "../../../drawing/report-context.js";
import { type Column, table } from "../../../drawing/table.js";
import type { View } from "../../../drawing/view.js";
import type { AttributeResult, RealismAtLargest } from "../../../results/index.js";
import { verdictMark } from "../../../verdicts/mark.js";
import { BROKEN, endsBroken } from "../../../verdicts/verdict.js";
import { perMethod } from "../../per-method.js";
import { limitsOf } from "./limits-of.js";

/** Whether edited pictures still look like the generator's own. */
export const realism: View = {
  csv: {
    file: "realism.csv",
    about:
      "edited pictures against the generator's own at some Controls, the largest last: Fréchet distance, share of codes outside 99 % of codes",
    columns: [
      ...["attribute", "method", "seed", "control", "t", "pictures", "distance", "distance_lower", "distance_upper"],
      ...["outside", "outside_lower", "outside_upper", "distance_before", "change_lower", "change_upper"],
    ],
    rows: (results) =>
      perMethod(results, ({ name }, { id, realism, trainings = [] }) =>
        [{ seed: results.config.seed, realism }, ...trainings].flatMap(({ seed, realism }) =>
          [...(realism?.levels ?? []), ...(realism?.largest ? [realism.largest] : [])].map((at): Cell[] => {
            const { control, t, pictures, distance, interval, outside, outsideInterval } = at;
            const { starts = null, change = null } = at as Partial<RealismAtLargest>;
            const distances = [distance, ...limitsOf(interval)];
            return [name, id, seed, control, t, pictures, ...distances, outside, ...outsideInterval, starts, ...limitsOf(change)];
          }),
        ),
      ),
  },
  section: { place: "measured", draw: realismTable },
};

/** Nothing where nobody looked. */
function realismTable(context: ReportContext, attribute: AttributeResult): Markup | false {
  const { judge } = context.results.environment;
  const { comparison, methods } = attribute;
  const looked = methods.filter((method) => method.realism);
  if (judge === undefined || looked.length === 0) return false;
  const shared = comparison?.areas.find((area) => area.realism)?.realism?.control ?? null;
  const at = shared === null ? "" : `at Control ${percent(shared)}: `;
  const columns: Column[] = [
    { head: "method" },
    ...(shared === null ? [] : [`${at}distance`, `${at}codes outside`]).map((head) => ({ head, kind: "number" as const })),
    ...["largest Control", "distance there", "before the edit", "codes outside there"].map((head) => ({
      head,
      kind: "number" as const,
    })),
  ];
  const rows = looked.map((method) => {
    const compared = comparison?.areas.find((area) => area.method === method.id)?.realism ?? null;
    const { largest } = method.realism!;
    const equal = [
      compared === null ? NONE : distance(compared.distance, compared.interval),
      compared === null ? NONE : share(compared.outside, compared.outsideInterval),
    ];
    return [
      methodName(styleOf(context, method.id)),
      ...(shared === null ? [] : equal),
      percent(largest?.control),
      largest === null
        ? NONE
        : markup`${distance(largest.distance, largest.interval)}${endsBroken(method.realism!) && markup` ${verdictMark(BROKEN, "broken")}`}`,
      short(largest?.starts),
      largest === null ? NONE : share(largest.outside, largest.outsideInterval),
    ];
  });
  const pictures = looked.map((method) => method.realism!.largest?.pictures ?? 0);
  const caption = `Fréchet distance of edited pictures to as many of the generator's own, with the same shares of the classes of ${words(attribute.name)} (lower is better; few pictures make it larger: here ${Math.min(...pictures)} to ${Math.max(...pictures)}), and share of edits whose code lies outside the region of 99 % of codes`;
  return markup`<h3>Are the pictures still real?</h3><p class="muted">${whoseFeatures(judge.network)} A method's pictures are called broken where, at its largest Control, they are
further from the generator's own than they were before the edit. A flow counts as getting there through broken pictures where they are so, too, at the highest Control of
those that methods are compared at (20, 40, 60, 80 %).</p>${table(caption, columns, rows)}`;
}

function whoseFeatures(network: "judge" | "regressor"): string {
  return network === "judge"
    ? "Compared in the features of a judge, a second regressor that nothing is trained or measured with."
    : "Compared in the features of the regressor itself, which also measures Control: this model has no judge of its own, so edits that deceive the regressor may look better here than they are.";
}

function distance(value: number | null, limits: readonly [number, number] | null): Markup | string {
  if (value === null) return "too few pictures";
  return markup`${short(value)}<br><small>${limits === null ? NONE : `[${short(limits[0])}, ${short(limits[1])}]`}</small>`;
}

function share(value: number, limits: readonly [number, number]): Markup {
  return markup`${percent(value)}<br><small>${interval(limits, 0, (x) => percent(x))}</small>`;
}
