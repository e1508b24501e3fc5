import type { Analysis, Section } from "../../analyses/analysis.js";
import { valuesOf } from "../../analyses/values-of.js";
import type { Markup } from "../../drawing/markup.js";
import type { AttributeResult } from "../../results/index.js";
import type { PageContext } from "../context.js";

/** What an analysis shows of some attributes; false for nothing. */
export function drawn(analysis: Analysis, context: PageContext, attributes: readonly AttributeResult[]): Markup | false {
  // Entries of methods' analyses have a method, as `valuesOf` gives them.
  const section = analysis.section as Section<unknown> | undefined;
  const found = attributes.flatMap((attribute) => valuesOf(analysis, attribute));
  return section?.draw(found, context) ?? false;
}

/** What the analyses of one place show of one attribute. */
export function drawnAt(place: Section<unknown>["place"], context: PageContext, attribute: AttributeResult): Markup[] {
  const here = context.analyses.filter(({ section }) => section?.place === place);
  return here.flatMap((analysis) => drawn(analysis, context, [attribute]) || []);
}
