import { cdTitle, measuredCurves } from "../../../drawing/cd-curves.js";
import type { Cell } from "../../../drawing/csv.js";
import { type Markup, markup } from "../../../drawing/markup.js";
import { count, names, percent } from "../../../drawing/numbers.js";
import { cdPlot } from "../../../drawing/plots/cd-plot.js";
import { missing, type ReportContext } from "../../../drawing/report-context.js";
import type { View } from "../../../drawing/view.js";
import type { AttributeResult } from "../../../results/index.js";
import { perMethod } from "../../per-method.js";

/** Control and Disentanglement along every method's edits. */
export const curves: View = {
  csv: {
    file: "curves.csv",
    about: "CD curves: Control and Disentanglement at each edit length, with their bands",
    columns: [
      ...["attribute", "method", "t", "control", "control_lower", "control_upper"],
      ...["disentanglement", "disentanglement_lower", "disentanglement_upper"],
    ],
    rows: (results) =>
      perMethod(results, ({ name }, { id, evaluation }) =>
        (evaluation?.times ?? []).map((t, i): Cell[] => {
          const { control, disentanglement, bands } = evaluation!;
          const limits = (band: { lower: readonly number[]; upper: readonly number[] }) => [band.lower[i]!, band.upper[i]!];
          return [name, id, t, control[i]!, ...limits(bands.control), disentanglement[i]!, ...limits(bands.disentanglement)];
        }),
      ),
  },
  section: { place: "curves", draw: plot },
};

function plot(context: ReportContext, attribute: AttributeResult): Markup {
  const measured = measuredCurves(context, attribute);
  const unmeasured = attribute.methods.filter(({ evaluation }) => evaluation === null).map(({ label }) => label);
  const note = unmeasured.length > 0 && missing(`Not measured: ${names(unmeasured)}.`);
  if (measured.length === 0) return missing("No method is measured yet: there are no CD curves.");
  const title = cdTitle(attribute, measured);
  const { bands, samples } = measured[0]!.evaluation;
  return markup`<figure>${cdPlot(title, measured)}<figcaption>Low and far to the right is good. ${count(samples, "held-out start")}; bands: ${percent(bands.confidence)} bootstrap; dots: some of the edit lengths; hover for numbers.</figcaption></figure>${note}`;
}
