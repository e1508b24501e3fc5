import { type Markup, markup } from "../drawing/markup.js";
import { BROKEN, type FlowVerdict, type PairVerdict } from "./verdict.js";

/** What a comparison says, with a sign beside the word. */
export function verdictMark(verdict: PairVerdict | NonNullable<FlowVerdict["outcome"]>, text: string = verdict): Markup {
  const sign =
    verdict === "wins" || verdict === "better" ? "wins" : ["loses", "worse", BROKEN].includes(verdict) ? "loses" : "ties";
  return markup`<span class="verdict ${sign}">${text}</span>`;
}
