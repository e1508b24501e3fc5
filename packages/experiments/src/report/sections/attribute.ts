import { type Markup, markup } from "../../drawing/markup.js";
import { words } from "../../drawing/numbers.js";
import { methodName, missing, type PageContext, styleOf } from "../../drawing/report-context.js";
import type { AttributePart, View } from "../../drawing/view.js";
import type { AttributeResult } from "../../results/index.js";
import { verdictMark } from "../../verdicts/mark.js";
import { noStarts } from "../../verdicts/no-results.js";
import { flowVerdicts } from "../../verdicts/verdict.js";
import { verdictWords } from "../../verdicts/verdict-words.js";
import { partsOf } from "./parts.js";

/** All about one attribute: curves beside strips, then the tests, then what lies behind them. */
export function attributeSection(
  context: PageContext,
  views: readonly View[],
  attribute: AttributeResult,
  index: number,
): Markup {
  const name = words(attribute.name);
  const parts = (place: AttributePart["place"]) => partsOf(views, place, context, attribute);
  return markup`<section id="attribute-${index}" aria-labelledby="attribute-${index}-name"><h2 id="attribute-${index}-name">${name}</h2>
<p class="muted">From class ${attribute.from} to class ${attribute.to} (of ${attribute.classes}, counted from 0). ${between(" ", parts("lead"))}</p>
${noStarts(attribute) === null ? measurements(context, attribute, parts) : markup`<div class="note"><p><b>No starts.</b> ${noStarts(attribute)}</p></div>`}
${parts("origin")}</section>`;
}

function measurements(
  context: PageContext,
  attribute: AttributeResult,
  parts: (place: AttributePart["place"]) => Markup[],
): Markup {
  return markup`${without(context, attribute)}${summary(attribute)}
<div class="columns"><div>${parts("curves")}</div><div>${parts("pictures")}</div></div>
${between("\n", parts("measured"))}
${parts("details")}`;
}

function between(separator: string, parts: readonly Markup[]): Markup[] {
  return parts.map((part, i) => markup`${i > 0 && separator}${part}`);
}

/** Methods that have no result, and why. */
function without(context: PageContext, { methods }: AttributeResult): Markup | false {
  const notes = methods.flatMap(({ id, none }) =>
    none ? markup`<p>${methodName(styleOf(context, id))} <b>${none.why}</b>: ${none.text}</p>` : [],
  );
  return notes.length > 0 && markup`<div class="note">${notes}</div>`;
}

/** Who wins, ties and loses, in words. */
function summary(attribute: AttributeResult): Markup[] {
  return flowVerdicts(attribute).map((verdict) => {
    const { head, against } = verdictWords(attribute, verdict);
    return verdict.outcome === null
      ? missing(`${head}: ${against}.`)
      : markup`<p>${verdictMark(verdict.outcome, head)}: ${against}.</p>`;
  });
}
