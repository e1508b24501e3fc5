import { type Markup, markup } from "../drawing/markup.js";
import { names, words } from "../drawing/numbers.js";
import { type MethodStyle, methodStyles } from "../drawing/palette.js";
import type { CdPlotCurve } from "../drawing/plots/cd-plot.js";
import type { AttributeResult, ExperimentResults, MethodId } from "../results/experiment-results.js";
import type { EmbeddedPictures } from "./embed.js";
import type { FlowVerdict, PairVerdict } from "./verdict.js";

/** What every section of the report reads. */
export interface ReportContext {
  readonly results: ExperimentResults;
  readonly pictures: EmbeddedPictures;
  readonly styles: ReadonlyMap<MethodId, MethodStyle>;
}

export function reportContext(results: ExperimentResults, pictures: EmbeddedPictures): ReportContext {
  return { results, pictures, styles: methodStyles(results) };
}

/** A method's style; a plain one for a method that no attribute lists. */
export function styleOf({ styles }: ReportContext, id: MethodId): MethodStyle {
  return styles.get(id) ?? { id, label: id, kind: "linear", colour: "var(--muted)", dash: "" };
}

/** The CD curves of an attribute's measured methods. */
export function measuredCurves(context: ReportContext, { methods }: AttributeResult): CdPlotCurve[] {
  return methods.flatMap(({ id, evaluation }) => (evaluation ? [{ style: styleOf(context, id), evaluation }] : []));
}

/** What a screen reader says of a CD plot. */
export function cdTitle({ name }: AttributeResult, curves: readonly CdPlotCurve[]): string {
  return `CD curves of ${words(name)}: ${names(curves.map(({ style }) => style.label))}`;
}

/** A method's line, as in the plots, before its name. */
export function methodName({ label, colour, dash }: MethodStyle): Markup {
  const line = markup`<path d="M0 4h26" style="stroke:${colour}" stroke-dasharray="${dash || "none"}"/>`;
  return markup`<span class="method"><svg class="key" width="26" height="8" aria-hidden="true">${line}</svg>${label}</span>`;
}

/** What a comparison says, with a sign beside the word. */
export function verdictMark(verdict: PairVerdict | NonNullable<FlowVerdict["outcome"]>, text: string = verdict): Markup {
  const sign =
    verdict === "wins" || verdict === "better" ? "wins" : verdict === "loses" || verdict === "worse" ? "loses" : "ties";
  return markup`<span class="verdict ${sign}">${text}</span>`;
}

/** A link to a file of the run folder, by its path from there. */
export function fileLink(file: string): Markup {
  return markup`<a href="${file.split("/").map(encodeURIComponent).join("/")}">${file}</a>`;
}

/** What to read where a part is missing. */
export function missing(text: string): Markup {
  return markup`<p class="muted">${text}</p>`;
}
