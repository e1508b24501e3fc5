import { type Markup, markup } from "../../drawing/markup.js";
import { missing, type PageContext } from "../../drawing/report-context.js";
import type { View } from "../../drawing/view.js";
import { partsOfAll } from "./parts.js";

/** What is said over all attributes: how nonlinear the flows are, and what analyses from outside say. */
export function curvature(context: PageContext, views: readonly View[]): Markup {
  const blocks = partsOfAll(views, "curvature", context);
  const rows: Markup[] = [];
  for (let i = 0; i < blocks.length; i++) {
    const [block, next] = [blocks[i]!, blocks[i + 1]];
    if (!block.isHalf || !next?.isHalf) rows.push(block.body);
    else {
      rows.push(markup`<div class="columns"><div>${block.body}</div><div>${next.body}</div></div>`);
      i++;
    }
  }
  const body =
    rows.length === 0 ? missing("No flow was analysed: the step was not run, or no method is curved.") : markup`${rows}`;
  return markup`<section id="analysis"><h2>How curved are the flows?</h2>${body}</section>`;
}
