import type { AttributeResult } from "../results/index.js";
import { names, words } from "./numbers.js";
import type { CdPlotCurve } from "./plots/cd-plot.js";
import { type ReportContext, styleOf } from "./report-context.js";

/** The CD curves of an attribute's measured methods. */
export function measuredCurves(context: ReportContext, { methods }: AttributeResult): CdPlotCurve[] {
  return methods.flatMap(({ id, evaluation }) => (evaluation ? [{ style: styleOf(context, id), evaluation }] : []));
}

/** What a screen reader says of a CD plot. */
export function cdTitle({ name }: AttributeResult, curves: readonly CdPlotCurve[]): string {
  return `CD curves of ${words(name)}: ${names(curves.map(({ style }) => style.label))}`;
}
