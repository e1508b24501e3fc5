import type { CdCurve } from "@latentflow/metrics";
import { encode } from "fast-png";

/** What one method did to one attribute. */
export interface Result {
  readonly method: string;
  readonly curve: CdCurve;
  /** Area under the CD curve over the Control range that all methods of the attribute share. */
  readonly area: number;
  /** [times, height, width, 3] of one edited code, 8 bits. */
  readonly strip: { readonly pixels: Uint8Array; readonly times: number; readonly size: number };
}

export interface Section {
  readonly attribute: string;
  readonly remark: string;
  readonly results: readonly Result[];
}

const COLOURS = ["#8a8f98", "#c98a2b", "#3c7dd9"];

/** One self-contained page: CD curves, areas, and strips, linear above nonlinear. */
export function reportPage(sections: readonly Section[], settings: Readonly<Record<string, string | number>>): string {
  const rows = Object.entries(settings).map(([name, value]) => `<dt>${name}</dt><dd>${value}</dd>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>latentflow: blobs</title>
<style>
  :root { color-scheme: light dark; --ink: #1c2430; --paper: #fff; --faint: #dfe3e8; }
  @media (prefers-color-scheme: dark) { :root { --ink: #e6e9ee; --paper: #14181e; --faint: #39414c; } }
  body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 60rem; margin: 0 auto; padding: 1rem; }
  section { border-top: 1px solid var(--faint); padding-bottom: 1rem; }
  .columns { display: grid; grid-template-columns: minmax(0, 22rem) minmax(0, 1fr); gap: 1.5rem; align-items: start; }
  @media (max-width: 44rem) { .columns { grid-template-columns: 1fr; } }
  svg { width: 100%; height: auto; font: 12px system-ui, sans-serif; fill: var(--ink); }
  figure { margin: 0 0 .8rem; } figcaption { font-size: .9rem; }
  .strip { width: 100%; image-rendering: pixelated; display: block; border-radius: 4px; }
  table { border-collapse: collapse; } td, th { text-align: left; padding: .1rem 1rem .1rem 0; } td.number { text-align: right; font-variant-numeric: tabular-nums; }
  dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 1rem; } dd { margin: 0; }
  .key { display: inline-block; width: .8em; height: .8em; border-radius: 2px; margin-right: .4em; }
</style>
<h1>Edits as flows: the blobs</h1>
<p>Each attribute of a known generator is edited by three methods. A CD curve shows how much the other attributes change (Disentanglement, lower is
better) when the edit has reached its target for a share of the codes (Control).</p>
${sections.map(sectionHtml).join("\n")}
<section><h2>Settings</h2><dl>${rows.join("")}</dl></section>
</html>
`;
}

function sectionHtml({ attribute, remark, results }: Section): string {
  const strips = results.map(
    ({ method, strip }, i) => `<figure><figcaption>${key(i)}${method}</figcaption>
      <img class="strip" alt="${attribute} edited by ${method}, from t = 0 on the left" src="data:image/png;base64,${stripPng(strip)}"></figure>`,
  );
  const rows = results.map(
    ({ method, area, curve }, i) =>
      `<tr><td>${key(i)}${method}</td><td class="number">${area.toFixed(4)}</td><td class="number">${Math.max(...curve.control).toFixed(2)}</td></tr>`,
  );
  return `<section><h2>${attribute}</h2><p>${remark}</p><div class="columns"><div>${curvesSvg(results)}
    <table><tr><th>method</th><th>area</th><th>largest Control</th></tr>${rows.join("")}</table></div>
    <div>${strips.join("\n")}</div></div></section>`;
}

const key = (i: number) => `<span class="key" style="background:${COLOURS[i % COLOURS.length]}"></span>`;

function curvesSvg(results: readonly Result[]): string {
  const [width, height, left, bottom] = [340, 240, 46, 36];
  const top = Math.max(0.1, ...results.flatMap(({ curve }) => Array.from(curve.disentanglement)));
  const x = (control: number) => left + control * (width - left - 10);
  const y = (d: number) => height - bottom - (d / top) * (height - bottom - 12);
  const lines = results.map(({ curve }, i) => {
    const points = Array.from(
      curve.control,
      (control, j) => `${x(control).toFixed(1)},${y(curve.disentanglement[j]!).toFixed(1)}`,
    );
    return `<polyline points="${points.join(" ")}" fill="none" stroke="${COLOURS[i % COLOURS.length]}" stroke-width="2.5"/>`;
  });
  const ticks = [0, 0.5, 1].map(
    (value) => `<text x="${x(value)}" y="${height - bottom + 16}" text-anchor="middle">${value}</text>
      <text x="${left - 6}" y="${y(value * top) + 4}" text-anchor="end">${(value * top).toFixed(2)}</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="CD curves">
    <path d="M${left} 8V${height - bottom}H${width - 8}" fill="none" stroke="currentColor" opacity=".5"/>${ticks.join("")}
    <text x="${(left + width) / 2}" y="${height - 4}" text-anchor="middle">Control</text>
    <text transform="translate(11 ${(height - bottom) / 2}) rotate(-90)" text-anchor="middle">Disentanglement</text>${lines.join("")}</svg>`;
}

/** The pictures of a strip side by side, base64 PNG. */
function stripPng({ pixels, times, size }: Result["strip"]): string {
  const data = new Uint8Array(times * size * size * 3);
  for (let t = 0; t < times; t++) {
    for (let y = 0; y < size; y++) {
      const row = pixels.subarray((t * size + y) * size * 3, (t * size + y + 1) * size * 3);
      data.set(row, (y * times + t) * size * 3);
    }
  }
  return Buffer.from(encode({ width: times * size, height: size, data, channels: 3, depth: 8 })).toString("base64");
}
