import { type Markup, markup } from "../../drawing/markup.js";
import { missing } from "../../drawing/report-context.js";
import type { PageContext } from "../context.js";
import { drawn } from "./drawn.js";

/** What the analyses say over all attributes: how nonlinear the flows are, and those from outside. */
export function analysis(context: PageContext): Markup {
  const blocks = context.analyses.flatMap((one) => {
    if (one.section?.place !== "experiment") return [];
    const body = drawn(one, context, context.results.attributes);
    return body === false ? [] : [{ body, isHalf: one.section.width === "half" }];
  });
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
