import { checkList, checkText } from "../checks.js";
import { Markup, markup } from "../drawing/markup.js";
import { type EmbeddedPictures, type PageContext, reportContext } from "../drawing/report-context.js";
import type { View } from "../drawing/view.js";
import { type Extensions, tablesWith } from "../extensions/extensions.js";
import type { ExperimentResults } from "../results/index.js";
import { viewsOf } from "../steps/index.js";
import { headline } from "../verdicts/headline.js";
import { checkPictures, checkResults } from "./check-results.js";
import { withDistinctNames } from "./distinct-names.js";
import { NO_PICTURES } from "./embed.js";
import { PAGE_STYLE } from "./page-style.js";
import { attributeSection } from "./sections/attribute.js";
import { curvature } from "./sections/curvature.js";
import { overview } from "./sections/overview.js";
import { partsOfAll } from "./sections/parts.js";
import { settings } from "./sections/settings.js";

/** What a page is made of besides results. */
export interface PageParts {
  readonly pictures: EmbeddedPictures;
  /** Written beside the page, to be linked. */
  readonly files: readonly string[];
  readonly views: readonly View[];
}

/**
 * The report as one self-contained HTML page: no script, no file but itself. The same results give the same bytes.
 *
 * @param files written beside the page, to be linked
 * @param extensions analyses from outside whose values the results hold
 */
export function reportPage(
  results: ExperimentResults,
  pictures: EmbeddedPictures = NO_PICTURES,
  files: readonly string[] = [],
  extensions: Extensions = {},
): string {
  checkResults("reportPage", results);
  checkPictures("reportPage", pictures);
  checkList("reportPage", "files", files);
  for (const file of files) checkText("reportPage", "files", file, "a list of paths");
  const { analyses } = tablesWith("reportPage", extensions);
  return pageOf(results, { pictures, files, views: viewsOf(analyses) });
}

export function pageOf(all: ExperimentResults, { pictures, files, views }: PageParts): string {
  const results = withDistinctNames(all);
  const context: PageContext = { ...reportContext(results), pictures };
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="description" content="${headline(results).join(" ")}">
<title>${results.config.name}</title>
<style>${new Markup(PAGE_STYLE)}</style>
</head>
<body>
${overview(context)}
<main>${results.attributes.map((attribute, i) => attributeSection(context, views, attribute, i))}
${curvature(context, views)}
${partsOfAll(views, "ground", context).map(({ body }) => body)}
${settings(context, views, files)}</main>
</body>
</html>
`.text;
}
