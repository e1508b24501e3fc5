import { fileLink } from "../../drawing/file-link.js";
import { type Markup, markup } from "../../drawing/markup.js";
import { names, short, words } from "../../drawing/numbers.js";
import { type Absent, methodName, missing, type PageContext, styleOf } from "../../drawing/report-context.js";
import { marksLegend, type StripRow, stripRows } from "../../drawing/strip.js";
import type { View } from "../../drawing/view.js";
import type { AttributeResult, PictureRecord } from "../../results/index.js";

/** Strips shown at once; the others are folded away. */
const OPEN = 2;

/** Strips of the same starts, straight edits above flows, and the movie of all methods. */
export const strips: View = { section: { place: "pictures", draw: pictures } };

function pictures(context: PageContext, attribute: AttributeResult): Markup {
  const records = attribute.pictures;
  if (records.length === 0) return missing("No pictures were made.");
  const strips = records.filter(({ kind }) => kind === "strip").map((record, i) => strip(context, attribute, record, i));
  const movies = records.filter(({ kind }) => kind === "mp4").map((record) => movie(context, record));
  return markup`${strips.slice(0, OPEN)}${strips.length > OPEN && markup`<details><summary>${strips.length - OPEN} more</summary>${strips.slice(OPEN)}</details>`}
${movies.length > 0 && markup`<details><summary>Movie: there and back</summary>${movies}</details>`}`;
}

function strip(context: PageContext, attribute: AttributeResult, record: PictureRecord, index: number): Markup {
  const rows = context.pictures.strip(record);
  if (typeof rows === "string") return absent(record, rows);
  const { times } = record;
  const body = record.methods.map((method, place): StripRow => {
    const style = styleOf(context, method);
    const alt = `Start ${index + 1}: ${words(attribute.name)} edited by ${style.label}, from t = ${short(times[0])} on the left to t = ${short(times.at(-1))} on the right`;
    return { name: methodName(style), uri: rows[place]!, alt, place };
  });
  const legend = index === 0 && marksLegend(record);
  return markup`<figure><figcaption>Start ${index + 1}, further and further from left to right</figcaption>${stripRows(record, attribute, body)}${legend && markup`<figcaption>${legend}</figcaption>`}</figure>`;
}

function movie(context: PageContext, record: PictureRecord): Markup {
  const uri = context.pictures.movie(record);
  if (uri === "missing" || uri === "too large") return absent(record, uri);
  const rows = names(record.methods.map((method) => styleOf(context, method).label));
  return markup`<figure><video controls loop muted playsinline width="${record.width}" height="${record.height}" style="height:auto" aria-label="${record.alt}" src="${uri}"></video>
<figcaption>Rows, from the top: ${rows}. One start a column.</figcaption></figure>`;
}

function absent({ file }: PictureRecord, why: Absent): Markup {
  return markup`<p class="muted">${why === "missing" ? markup`${file} is missing from the run folder.` : markup`${fileLink(file)} would make this page too large.`}</p>`;
}
