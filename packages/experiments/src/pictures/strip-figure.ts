import { checkNumber, type DeclaredOptions, type GivenOptions, isList, readOptions } from "@latentflow/core";
import { checkText, isText } from "../checks.js";
import { type Markup, markup } from "../drawing/markup.js";
import { ConfigError } from "../errors.js";
import { grid } from "./grid.js";
import { checkSameSize, type Picture } from "./picture.js";
import { encodePng } from "./png.js";

const FIGURE = {
  title: { is: isText, expected: "a text" },
  /** Name of each row. */
  labels: { is: isList<string>, expected: "a list" },
  /** Edit length of each column. */
  times: { is: isList<number>, expected: "a list" },
  /** [rows][columns], of one size. */
  rows: { is: isList<readonly Picture[]>, expected: "a list" },
} as const satisfies DeclaredOptions;

/** What a strip figure shows. */
export interface StripFigure extends GivenOptions<typeof FIGURE> {}

const CELL = 96;
const ROW_GAP = 8;
const MARGIN = 14;
const HEAD = 46;
/** Width of a letter, on the safe side: fonts differ, and the title is bold. */
const LETTER = 7.4;
const BOLD_LETTER = 8.8;

/**
 * A strip with its rows' names and its columns' edit lengths, as SVG with the pictures inside: for a README or a paper. It brings its own
 * white ground, since an image can't ask the page that shows it for its colours.
 */
export function stripFigure(figure: StripFigure): { svg: string; width: number; height: number } {
  checkFigure(figure);
  const { title, labels, times, rows } = figure;
  const left = MARGIN * 2 + Math.ceil(Math.max(title.length * BOLD_LETTER, ...labels.map((text) => text.length * LETTER)));
  const width = left + times.length * CELL + MARGIN;
  const height = HEAD + rows.length * (CELL + ROW_GAP) - ROW_GAP + MARGIN;
  const heads = times.map((t, i) => {
    return markup`<text x="${left + (i + 0.5) * CELL}" y="${HEAD - 10}" text-anchor="middle">${i === 0 ? "t = " : ""}${round(t)}</text>`;
  });
  const body = rows.map((pictures, i) => {
    const top = HEAD + i * (CELL + ROW_GAP);
    return markup`<text x="${MARGIN}" y="${top + CELL / 2 + 5}">${labels[i]!}</text>
<image x="${left}" y="${top}" width="${times.length * CELL}" height="${CELL}" preserveAspectRatio="none" href="${dataUri(pictures)}"/>
<path stroke="#ffffff" stroke-width="3" d="${times
      .slice(1)
      .map((_, k) => `M${left + (k + 1) * CELL} ${top}v${CELL}`)
      .join("")}"/>`;
  });
  const svg: Markup = markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="14" fill="#1c2430">
<title>${title}</title>
<rect width="${width}" height="${height}" rx="6" fill="#ffffff"/>
<text x="${MARGIN}" y="${HEAD - 10}" font-weight="600">${title}</text>
${heads}
${body}
</svg>
`;
  return { svg: svg.text, width, height };
}

function checkFigure(figure: StripFigure): void {
  const { labels, times, rows } = readOptions("stripFigure", FIGURE, figure, ConfigError);
  for (const label of labels) checkText("stripFigure", "labels", label, "a list of texts");
  for (const time of times) checkNumber("stripFigure", "times", time, {}, ConfigError);
  for (const row of rows) checkSameSize("stripFigure", row);
  if (labels.length === rows.length && rows.every((row) => row.length === times.length)) return;
  throw new ConfigError(
    `stripFigure: expected a row a label and a picture a time, got ${labels.length} labels, ${times.length} times, rows of ${rows.map((row) => row.length).join(", ") || "none"}.`,
  );
}

function dataUri(row: readonly Picture[]): string {
  const png = encodePng(grid(row, { columns: row.length }));
  return `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
}

function round(t: number): string {
  return String(Math.round(t * 100) / 100);
}
