import { type Markup, markup } from "../markup.js";
import { short } from "../numbers.js";
import { plot } from "./frame.js";
import { wrap } from "./labels.js";
import { linearScale, niceTicks, px } from "./scale.js";

export interface BarGroup {
  readonly name: string;
  readonly bars: readonly { readonly value: number; readonly colour: string; readonly text: string; readonly faint?: boolean }[];
}

const BAR = 15;
const [LEFT, RIGHT, WIDTH] = [132, 380, 480];

/** Horizontal bars in named groups, their values written beside them. */
export function groupedBars(title: string, groups: readonly BarGroup[], xLabel: string): Markup {
  const ticks = niceTicks(0, Math.max(1e-9, ...groups.flatMap(({ bars }) => bars.map(({ value }) => value))), 4);
  const x = linearScale([0, ticks.at(-1)!], [LEFT, RIGHT]);
  let top = 8;
  const rows = groups.map(({ name, bars }) => {
    const height = Math.max(bars.length * (BAR + 3), 20);
    const lines = wrap(name, 17);
    const middle = top + height / 2 + 4 - ((lines.length - 1) * 14) / 2;
    const row = markup`<text text-anchor="end">${lines.map((line, k) => markup`<tspan x="${LEFT - 9}" y="${px(middle + k * 14)}">${line}</tspan>`)}</text>
${bars.map(({ value, colour, text, faint }, i) => {
  const y = top + i * (BAR + 3);
  return markup`<rect class="${faint ? "bar faint" : "bar"}" style="fill:${colour}" x="${LEFT}" y="${px(y)}" width="${px(Math.max(1, x(value) - LEFT))}" height="${BAR}" rx="1.5"/><text class="tick" x="${px(x(value) + 6)}" y="${px(y + 12)}">${text}</text>`;
})}`;
    top += Math.max(height, lines.length * 14) + 10;
    return row;
  });
  const axis = markup`<g class="grid">${ticks.map((tick) => markup`<path d="M${px(x(tick))} 4V${px(top)}"/>`)}</g>
${ticks.map((tick) => markup`<text class="tick" x="${px(x(tick))}" y="${px(top + 16)}" text-anchor="middle">${short(tick)}</text>`)}
<text x="${px((LEFT + RIGHT) / 2)}" y="${px(top + 36)}" text-anchor="middle">${xLabel}</text>`;
  return plot(WIDTH, Math.ceil(top + 44), title, markup`${axis}${rows}`);
}
