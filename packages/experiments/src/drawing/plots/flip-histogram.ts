import type { FlipHistogram } from "../../results/index.js";
import { type Markup, markup } from "../markup.js";
import { percent, short } from "../numbers.js";
import type { MethodStyle } from "../palette.js";
import { frame, plot } from "./frame.js";
import { linearScale, niceTicks, px } from "./scale.js";

const [WIDTH, HEIGHT] = [250, 170];
const BOX = { left: 42, right: 240, top: 10, bottom: 128 };

/**
 * How far starts travel until the edited attribute first flips, as shares of all starts: those that never flip count, but have no bar.
 *
 * @param highest the largest share of a bar among the histograms that are compared
 */
export function flipHistogram(title: string, style: MethodStyle, histogram: FlipHistogram, highest: number): Markup {
  const { edges, counts } = histogram;
  const total = starts(histogram);
  const yTicks = niceTicks(0, Math.max(highest, 0.01), 3);
  const end = edges.at(-1) ?? 1;
  const x = linearScale([0, end], [BOX.left, BOX.right]);
  const y = linearScale([0, yTicks.at(-1)!], [BOX.bottom, BOX.top]);
  const bars = counts.map((n, i) => {
    const share = total > 0 ? n / total : 0;
    const [from, to] = [x(edges[i]!), x(edges[i + 1]!)];
    const text = `flips between t = ${short(edges[i]!)} and ${short(edges[i + 1]!)}: ${percent(share)} of starts`;
    return markup`<rect class="bar" style="fill:${style.colour}" x="${px(from + 0.7)}" y="${px(y(share))}" width="${px(Math.max(0.5, to - from - 1.4))}" height="${px(BOX.bottom - y(share))}"><title>${text}</title></rect>`;
  });
  const axes = frame({ x, y, xTicks: [0, end / 2, end], yTicks, write: short, xLabel: "edit length t at first flip" });
  return plot(WIDTH, HEIGHT, title, markup`${axes}${bars}`);
}

/** The highest bar's share of starts. */
export function highestShare(histogram: FlipHistogram): number {
  const total = starts(histogram);
  return total > 0 ? Math.max(0, ...histogram.counts) / total : 0;
}

function starts({ counts, never }: FlipHistogram): number {
  return counts.reduce((sum, n) => sum + n, never);
}

/** Share of starts that never flip. */
export function neverShare(histogram: FlipHistogram): number {
  return histogram.never / starts(histogram);
}
