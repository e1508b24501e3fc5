import { cdTitle, measuredCurves } from "../drawing/cd-curves.js";
import { cdPlot } from "../drawing/plots/cd-plot.js";
import { standalone } from "../drawing/plots/style.js";
import { reportContext } from "../drawing/report-context.js";
import type { ExperimentResults } from "../results/index.js";
import { withDistinctNames } from "./distinct-names.js";
import { figureFile } from "./summary.js";

/** The CD plots as SVG files of their own: file name → SVG. */
export function figures(all: ExperimentResults): Map<string, string> {
  const results = withDistinctNames(all);
  const context = reportContext(results);
  const entries = results.attributes.flatMap((attribute, i): [string, string][] => {
    const curves = measuredCurves(context, attribute);
    if (curves.length === 0) return [];
    const title = cdTitle(attribute, curves);
    return [[figureFile(attribute, i), standalone(cdPlot(title, curves))]];
  });
  return new Map(entries);
}
