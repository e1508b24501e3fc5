import type { Markup } from "../markup.js";
import { colourVariables } from "../palette.js";

/** Colours of a page and its plots, light and dark. */
export const THEME = {
  light: `--ink: #1b232e; --muted: #545d6a; --paper: #ffffff; --card: #f5f7f9; --line: #d5dae0; ${colourVariables("light")}`,
  dark: `--ink: #e7ebf0; --muted: #a9b2be; --paper: #12161b; --card: #1b2128; --line: #3a434e; ${colourVariables("dark")}`,
};

/** How plots are drawn; for a page that declares {@link THEME}'s variables. */
export const PLOT_STYLE = `
.plot { font: 13px system-ui, sans-serif; fill: var(--ink); display: block; max-width: 100%; height: auto; }
.plot .tick { fill: var(--muted); font-size: 12px; font-variant-numeric: tabular-nums; }
.plot .name { font-weight: 600; }
.plot .grid path { stroke: var(--line); stroke-width: 1; fill: none; }
.plot .axis { stroke: var(--muted); fill: none; }
.plot .axis.thin { stroke: var(--line); }
.plot .line { fill: none; stroke-width: 2.4; stroke-linejoin: round; }
.plot .line.thin { stroke-width: 1.6; }
.plot .band { opacity: .16; }
.plot .target { fill: transparent; }
.plot .leader { fill: none; stroke-width: 1; opacity: .6; }
.plot .bar.faint { opacity: .45; }
.plot .dot { opacity: .85; }
.plot .dot.faint { opacity: .35; }
.plot .ring { fill: none; stroke: var(--ink); stroke-dasharray: 2.5 2; }
.plot .strokes { stroke-width: 1; opacity: .35; fill: none; }
.plot .mean { stroke-width: 3; fill: none; }
`;

/** A plot as a file of its own, on white: for a README or a paper. */
export function standalone(plot: Markup): string {
  const style = `<style>svg { ${THEME.light} background: var(--paper); } ${PLOT_STYLE}</style>`;
  return `${plot.text.replace(/^(<svg[^>]*>)/, `$1${style}`)}\n`;
}
