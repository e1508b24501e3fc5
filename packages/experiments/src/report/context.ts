import type { Analysis } from "../analyses/analysis.js";
import { type Markup, markup } from "../drawing/markup.js";
import { names, words } from "../drawing/numbers.js";
import type { CdPlotCurve } from "../drawing/plots/cd-plot.js";
import { type ReportContext, styleOf } from "../drawing/report-context.js";
import type { AttributeResult } from "../results/index.js";
import type { EmbeddedPictures } from "./embed.js";
import { BROKEN, type FlowVerdict, type PairVerdict } from "./verdict.js";

/** What the page's sections read besides results and styles. */
export interface PageContext extends ReportContext {
  readonly pictures: EmbeddedPictures;
  readonly analyses: readonly Analysis[];
}

/** The CD curves of an attribute's measured methods. */
export function measuredCurves(context: ReportContext, { methods }: AttributeResult): CdPlotCurve[] {
  return methods.flatMap(({ id, evaluation }) => (evaluation ? [{ style: styleOf(context, id), evaluation }] : []));
}

/** What a screen reader says of a CD plot. */
export function cdTitle({ name }: AttributeResult, curves: readonly CdPlotCurve[]): string {
  return `CD curves of ${words(name)}: ${names(curves.map(({ style }) => style.label))}`;
}

/** What a comparison says, with a sign beside the word. */
export function verdictMark(verdict: PairVerdict | NonNullable<FlowVerdict["outcome"]>, text: string = verdict): Markup {
  const sign =
    verdict === "wins" || verdict === "better" ? "wins" : ["loses", "worse", BROKEN].includes(verdict) ? "loses" : "ties";
  return markup`<span class="verdict ${sign}">${text}</span>`;
}

/** A link to a file of the run folder, by its path from there. */
export function fileLink(file: string): Markup {
  return markup`<a href="${file.split("/").map(encodeURIComponent).join("/")}">${file}</a>`;
}
