import { type Markup, type MarkupValue, markup } from "./markup.js";

export interface Column {
  readonly head: string;
  /** `"heat"`: a number whose ground tells its size. Default `"text"`. */
  readonly kind?: "text" | "number" | "heat";
}

/** A cell of a heat column: `share` in [0, 1] of the strongest ground. */
export interface Heat {
  readonly share: number;
  readonly text: string;
}

export interface TableOptions {
  /** On a phone each row becomes a small block with its columns' names, so that nothing is off the screen (default true). */
  readonly stack?: boolean;
}

/** A table with a caption; the first column names the rows. Where the page is too narrow for it, it stacks or scrolls by itself. */
export function table(
  caption: string,
  columns: readonly Column[],
  rows: readonly (readonly (MarkupValue | Heat)[])[],
  options: TableOptions = {},
): Markup {
  const stack = options.stack ?? true;
  const head = columns.map(({ head, kind }) => markup`<th scope="col"${kind === "number" && markup` class="n"`}>${head}</th>`);
  const body = rows.map(([name, ...cells]) => {
    return markup`<tr><th scope="row">${name as MarkupValue}</th>${cells.map((cell, i) => tableCell(cell, columns[i + 1]!))}</tr>\n`;
  });
  return markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0"><table${stack && markup` class="stack"`}><caption><span>${caption}</span></caption>
<thead><tr>${head}</tr></thead>
<tbody>${body}</tbody></table></div>`;
}

function tableCell(cell: MarkupValue | Heat, { head, kind }: Column): Markup {
  if (isHeat(cell))
    return markup`<td class="heat" style="--heat:${Math.round(Math.min(1, cell.share) * 70)}%" data-label="${head}">${cell.text}</td>`;
  return markup`<td${kind === "number" && markup` class="n"`} data-label="${head}">${cell}</td>`;
}

function isHeat(cell: MarkupValue | Heat): cell is Heat {
  return typeof cell === "object" && cell !== null && "share" in cell;
}
