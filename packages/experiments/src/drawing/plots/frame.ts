import { type Markup, markup } from "../markup.js";
import { px, type Scale } from "./scale.js";

export interface FrameOptions {
  readonly x: Scale;
  readonly y: Scale;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** How a tick's number is written. */
  readonly write?: (value: number) => string;
}

/** Grid lines, tick numbers and axis names of a plot; ticks are where the axes begin and end. */
export function frame({ x, y, xTicks, yTicks, xLabel, yLabel, write = String }: FrameOptions): Markup {
  const [left, right] = [x(xTicks[0]!), x(xTicks.at(-1)!)];
  const [bottom, top] = [y(yTicks[0]!), y(yTicks.at(-1)!)];
  return markup`<g class="grid">${yTicks.map((tick) => markup`<path d="M${px(left)} ${px(y(tick))}H${px(right)}"/>`)}</g>
<path class="axis" d="M${px(left)} ${px(top)}V${px(bottom)}H${px(right)}"/>
${xTicks.map((tick) => markup`<text class="tick" x="${px(x(tick))}" y="${px(bottom + 17)}" text-anchor="middle">${write(tick)}</text>`)}
${yTicks.map((tick) => markup`<text class="tick" x="${px(left - 7)}" y="${px(y(tick) + 4)}" text-anchor="end">${write(tick)}</text>`)}
${xLabel && markup`<text x="${px((left + right) / 2)}" y="${px(bottom + 36)}" text-anchor="middle">${xLabel}</text>`}
${yLabel && markup`<text transform="translate(${px(left - 42)} ${px((top + bottom) / 2)}) rotate(-90)" text-anchor="middle">${yLabel}</text>`}`;
}

/** The outermost element of a plot. `title` is what a screen reader says. */
export function plot(width: number, height: number, title: string, content: Markup): Markup {
  return markup`<svg class="plot" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" xmlns="http://www.w3.org/2000/svg" role="img" aria-label="${title}">${content}</svg>`;
}
