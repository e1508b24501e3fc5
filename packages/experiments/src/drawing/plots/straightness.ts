import { type Markup, markup } from "../markup.js";
import { fixed, short } from "../numbers.js";
import { plot } from "./frame.js";
import { wrap } from "./labels.js";
import { linearScale, niceTicks, px } from "./scale.js";

export interface StraightnessRow {
  readonly name: string;
  readonly colour: string;
  readonly mean: number;
  readonly values: readonly number[];
}

const [LEFT, RIGHT, WIDTH, ROW] = [132, 410, 480, 34];

/** One row a flow: each path's chord over arc as a thin stroke, their mean as a bar across. */
export function straightnessPlot(title: string, rows: readonly StraightnessRow[]): Markup {
  const lowest = rows.flatMap(({ values, mean }) => [...values, mean]).reduce((low, value) => Math.min(low, value), 1);
  const ticks = niceTicks(Math.min(lowest, 0.99), 1, 4);
  const x = linearScale([ticks[0]!, ticks.at(-1)!], [LEFT, RIGHT]);
  const bottom = 8 + rows.length * ROW;
  const body = rows.map(({ name, colour, mean, values }, i) => {
    const middle = 8 + (i + 0.5) * ROW;
    const lines = wrap(name, 17);
    const strokes = values.map((value) => `M${px(x(value))} ${px(middle - 9)}v18`).join("");
    return markup`<text text-anchor="end">${lines.map((line, k) => markup`<tspan x="${LEFT - 9}" y="${px(middle + 4 + (k - (lines.length - 1) / 2) * 14)}">${line}</tspan>`)}</text>
<path class="strokes" style="stroke:${colour}" d="${strokes}"/><path class="mean" style="stroke:${colour}" d="M${px(x(mean))} ${px(middle - 13)}v26"/>
<text class="tick" x="${RIGHT + 8}" y="${px(middle + 4)}">${fixed(mean, 3)}</text>`;
  });
  const axis = markup`<g class="grid">${ticks.map((tick) => markup`<path d="M${px(x(tick))} 4V${bottom}"/>`)}</g>
${ticks.map((tick) => markup`<text class="tick" x="${px(x(tick))}" y="${bottom + 16}" text-anchor="middle">${short(tick)}</text>`)}
<text x="${px((LEFT + RIGHT) / 2)}" y="${bottom + 36}" text-anchor="middle">chord / arc (1: a straight line)</text>`;
  return plot(WIDTH, bottom + 44, title, markup`${axis}${body}`);
}
