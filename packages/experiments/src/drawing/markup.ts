/** Tells markup from other objects, also that of another copy of this package: data can't hold a symbol. */
const MARKUP = Symbol.for("latentflow.markup");

/** HTML or SVG that is safe to insert as it is: made by `markup` only. */
export class Markup {
  readonly [MARKUP] = true;
  constructor(readonly text: string) {}
  toString(): string {
    return this.text;
  }
}

/** What a template may hold: text and numbers get escaped, markup is inserted, lists are joined, nothing stays nothing. */
export type MarkupValue = string | number | Markup | null | undefined | false | readonly MarkupValue[];

/** A template whose values cannot break out of it: names in a report come from users' files. */
export function markup(strings: TemplateStringsArray, ...values: MarkupValue[]): Markup {
  return new Markup(strings.reduce((text, part, i) => text + toText(values[i - 1]) + part));
}

/** Escapes what has a meaning in HTML and SVG, in text and in quoted attributes; drops control characters, which XML has no way to write. */
function escapeMarkup(text: string): string {
  return text
    .replace(/\p{Cc}/gu, (character) => ("\t\n\r".includes(character) ? character : ""))
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#39;");
}

function toText(value: MarkupValue): string {
  if (value === null || value === undefined || value === false) return "";
  if (typeof value === "object" && MARKUP in value) return (value as Markup).text;
  if (typeof value === "object") return (value as readonly MarkupValue[]).map(toText).join("");
  return escapeMarkup(String(value));
}
