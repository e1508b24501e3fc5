import type { Markup } from "../../drawing/markup.js";
import type { PageContext } from "../../drawing/report-context.js";
import type { AttributePart, ExperimentPart, View } from "../../drawing/view.js";
import type { AttributeResult } from "../../results/index.js";

/** The parts of one place in an attribute's section, in their order. */
export function partsOf(
  views: readonly View[],
  place: AttributePart["place"],
  context: PageContext,
  attribute: AttributeResult,
): Markup[] {
  return views.flatMap(({ section }) => (section?.place === place && section.draw(context, attribute)) || []);
}

/** The parts of one place over all attributes, in their order. */
export function partsOfAll(views: readonly View[], place: ExperimentPart["place"], context: PageContext) {
  return views.flatMap(({ section }) => {
    if (section?.place !== place) return [];
    const body = section.draw(context);
    return body === false ? [] : [{ body, isHalf: section.width === "half" }];
  });
}
