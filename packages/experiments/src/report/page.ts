import { Markup, markup } from "../drawing/markup.js";
import type { ExperimentResults } from "../results/experiment-results.js";
import { type ReportContext, reportContext } from "./context.js";
import { withDistinctNames } from "./distinct-names.js";
import { type EmbeddedPictures, NO_PICTURES } from "./embed.js";
import { headline } from "./headline.js";
import { PAGE_STYLE } from "./page-style.js";
import { analysis } from "./sections/analysis.js";
import { attributeSection } from "./sections/attribute.js";
import { codes } from "./sections/codes.js";
import { overview } from "./sections/overview.js";
import { settings } from "./sections/settings.js";

/**
 * The report as one self-contained HTML page: no script, no file but itself. The same results give the same bytes.
 *
 * @param files written beside the page, to be linked
 */
export function reportPage(
  all: ExperimentResults,
  pictures: EmbeddedPictures = NO_PICTURES,
  files: readonly string[] = [],
): string {
  const results = withDistinctNames(all);
  const context: ReportContext = reportContext(results, pictures);
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
<main>${results.attributes.map((attribute, i) => attributeSection(context, attribute, i))}
${analysis(context)}
${codes(context)}
${settings(context, files)}</main>
</body>
</html>
`.text;
}
