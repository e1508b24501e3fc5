import type { Cell } from "../../drawing/csv.js";
import { type Markup, markup } from "../../drawing/markup.js";
import { count, fixed, list, percent, short, words } from "../../drawing/numbers.js";
import { trainingPlot } from "../../drawing/plots/training-plot.js";
import { methodName, type ReportContext, styleOf } from "../../drawing/report-context.js";
import type { View } from "../../drawing/view.js";
import type { AttributeResult, MethodResult } from "../../results/index.js";
import { perMethod } from "../per-method.js";

/** How each method's direction came about. */
export const training: View = {
  csv: {
    file: "training.csv",
    about: "losses and accuracy over the iterations",
    columns: ["attribute", "method", "iteration", "total", "attribute_loss", "preservation_loss", "accuracy"],
    rows: (results) =>
      perMethod(results, ({ name }, { id, training }) => {
        const curve = training?.curve;
        return (curve?.iteration ?? []).map((iteration, i): Cell[] => {
          return [name, id, iteration, curve!.total[i]!, curve!.attribute[i]!, curve!.preservation[i]!, curve!.accuracy[i]!];
        });
      }),
  },
  section: { place: "origin", draw: origins },
};

function origins(context: ReportContext, attribute: AttributeResult): Markup | false {
  const tiles = attribute.methods.map((method) => {
    const body = method.training ? trained(context, attribute, method, method.training) : describeFit(method);
    return markup`<figure><figcaption>${methodName(styleOf(context, method.id))}</figcaption>${body}</figure>`;
  });
  return (
    tiles.length > 0 &&
    markup`<details><summary>How the directions were found</summary><div class="tiles">${tiles}</div></details>`
  );
}

function trained(
  context: ReportContext,
  { name }: AttributeResult,
  { id, label }: MethodResult,
  record: NonNullable<MethodResult["training"]>,
): Markup {
  const { iterations, parameters, solverGap, curve } = record;
  const last = curve.accuracy.at(-1);
  return markup`${trainingPlot(`Loss of ${label} for ${words(name)} over ${iterations} iterations`, record, styleOf(context, id).colour)}
<figcaption>${count(parameters, "parameter")}; at the end ${percent(last)} of a batch arrives.${solverGap && ` The trained solver ends ${short(solverGap.mean)} (at most ${short(solverGap.max)}) from the converged flow at t = ${short(solverGap.t)}.`}</figcaption>`;
}

function describeFit({ fit, none }: MethodResult): Markup {
  if (fit === null) return markup`<p class="muted">No result${none ? `, ${none.why}` : ""}.</p>`;
  const { accuracy, projection, component, note } = fit;
  return markup`<p class="muted">${accuracy && `Its hyperplane parts ${percent(accuracy.train)} of the codes it was fitted on, ${percent(accuracy.validation)} of those kept for validation, ${percent(accuracy.rest)} of the rest. `}
${projection && `Freed from ${list(projection.conditions.map(words))} (rank ${projection.rank}), ${fixed(projection.residual, 3)} of the unit direction was left. `}
${component && `Component ${component.index + 1}, whose correlation with the attribute is ${fixed(component.correlation)}. `}${note}</p>`;
}
