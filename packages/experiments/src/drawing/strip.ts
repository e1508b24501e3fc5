import type { AttributeResult, PictureRecord } from "../results/index.js";
import { type Markup, markup } from "./markup.js";
import { count, short } from "./numbers.js";

/** One row of a strip: a method's pictures of one start, further and further. */
export interface StripRow {
  /** Before the pictures, or above them where there is no room. */
  readonly name: Markup;
  /** Data URI of all the row's pictures. */
  readonly uri: string;
  /** What the row shows, for who can't see it. */
  readonly alt: string;
  /** The row's place among the record's methods. */
  readonly place: number;
}

/** Some rows of a strip under one line of edit lengths, each with what the regressor reads, where it was asked. */
export function stripRows(record: PictureRecord, { to }: Pick<AttributeResult, "to">, rows: readonly StripRow[]): Markup {
  const { times } = record;
  const body = rows.map(({ name, uri, alt, place }) => {
    const heard = spoken(record, to, place);
    return markup`<span class="name">${name}</span><span class="cells" style="--cells:${times.length}"><img src="${uri}" alt="${alt}${heard}"></span>${marks(record, to, place)}`;
  });
  return markup`<div class="strips">
<span class="times" aria-hidden="true">${times.map((t, i) => markup`<span>${i === 0 && "t = "}${Math.round(t * 100) / 100}</span>`)}</span>${body}</div>`;
}

/** What the marks under the pictures mean; false where there are none. */
export function marksLegend({ readings }: PictureRecord): Markup | false {
  return (
    readings !== undefined &&
    markup`<span class="mark">✓</span> the regressor reads the wanted value; <span class="mark off">≠ 2</span> it reads two other attributes differently than on the first picture.`
  );
}

function marks({ readings }: PictureRecord, to: number, place: number): Markup | false {
  const row = readings?.[place];
  if (row === undefined) return false;
  const each = row.classes.map((label, i) => {
    const changed = row.changed[i]!;
    return markup`<span>${label === to && markup`<span class="mark">✓</span>`}${changed > 0 && markup` <span class="mark off">≠ ${changed}</span>`}</span>`;
  });
  return markup`<span class="times marks" aria-hidden="true">${each}</span>`;
}

/** The marks in words. */
function spoken({ readings, times }: PictureRecord, to: number, place: number): string {
  const row = readings?.[place];
  if (row === undefined) return "";
  const first = row.classes.indexOf(to);
  const arrives = first < 0 ? "never reads the wanted value" : `reads the wanted value first at t = ${short(times[first])}`;
  return `; the regressor ${arrives} and, at the end, ${count(row.changed.at(-1)!, "other")} differently than at the start`;
}
