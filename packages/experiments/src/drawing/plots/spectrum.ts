import type { EigenSpectrumRecord } from "../../results/index.js";
import { type Markup, markup } from "../markup.js";
import { short } from "../numbers.js";
import { frame, plot } from "./frame.js";
import { linearScale, niceTicks, px } from "./scale.js";

const SIZE = 250;
const BOX = { left: 50, right: 240, top: 10, bottom: 200 };

/** Eigenvalues μ of A in the complex plane. Inside the circle |μ| < 0.1 max |μ|: directions along which the flow hardly bends. */
export function spectrumPlot(title: string, spectrum: EigenSpectrumRecord, colour: string): Markup {
  const { real, imaginary } = spectrum;
  const modulus = real.map((re, i) => Math.hypot(re, imaginary[i]!));
  const largest = Math.max(1e-9, ...modulus);
  const ticks = niceTicks(-largest, largest, 6);
  const limits = [ticks[0]!, ticks.at(-1)!] as const;
  const x = linearScale(limits, [BOX.left, BOX.right]);
  const y = linearScale(limits, [BOX.bottom, BOX.top]);
  const dots = real.map((re, i) => {
    const text = `μ = ${short(re)} ${imaginary[i]! < 0 ? "−" : "+"} ${short(Math.abs(imaginary[i]!))} i`;
    return markup`<circle class="${modulus[i]! >= 0.1 * largest ? "dot" : "dot faint"}" style="fill:${colour}" cx="${px(x(re))}" cy="${px(y(imaginary[i]!))}" r="2.4"><title>${text}</title></circle>`;
  });
  const content = markup`${frame({ x, y, xTicks: ticks, yTicks: ticks, write: short, xLabel: "Re μ", yLabel: "Im μ" })}
<path class="axis thin" d="M${px(x(0))} ${BOX.top}V${BOX.bottom}M${BOX.left} ${px(y(0))}H${BOX.right}"/>
${dots}<circle class="ring" cx="${px(x(0))}" cy="${px(y(0))}" r="${px(Math.abs(x(0.1 * largest) - x(0)))}"/>`;
  return plot(SIZE, SIZE, title, content);
}
