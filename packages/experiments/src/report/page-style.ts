import { PLOT_STYLE, THEME } from "../drawing/plots/style.js";

/** The report's style sheet: one column on a phone, two beside each other on a desk, light or dark as the reader's system says. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; ${THEME.light} }
@media (prefers-color-scheme: dark) { :root { ${THEME.dark} } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.2rem clamp(1rem, 3vw, 2.5rem) 4rem; max-width: 78rem; font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--paper); }
h1 { font-size: clamp(1.5rem, 4vw, 2.1rem); line-height: 1.2; margin: .6rem 0 .4rem; }
h2 { font-size: clamp(1.25rem, 3vw, 1.6rem); line-height: 1.25; margin: 0 0 .3rem; }
h3 { font-size: 1.02rem; margin: 1.6rem 0 .4rem; }
p { margin: .4rem 0; max-width: 46rem; }
a { color: inherit; text-decoration-color: var(--muted); text-underline-offset: .18em; }
code, pre { font: .88em/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; overflow-wrap: anywhere; }
pre { background: var(--card); border-radius: 8px; padding: .7rem 1rem; white-space: pre-wrap; }
section { border-top: 1px solid var(--line); margin-top: 2.4rem; padding-top: 1.6rem; }
figure { margin: 0; }
figcaption, caption, .muted { color: var(--muted); font-size: .9rem; line-height: 1.45; }
caption { text-align: left; padding-bottom: .35rem; caption-side: top; }
caption span { display: block; position: sticky; left: 0; max-width: min(46rem, calc(100vw - 2rem)); }
figure > figcaption { margin: .3rem 0 0; max-width: 46rem; }
.result { font-size: 1.15rem; line-height: 1.5; max-width: 50rem; }
.note { background: var(--card); border-left: 4px solid var(--linear-1); border-radius: 0 8px 8px 0; padding: .6rem 1rem; margin: .8rem 0; max-width: 50rem; }
.columns table { width: 100%; }
.columns th, .columns td { padding-right: .6rem; } .columns tr > :last-child { padding-right: 0; }
.columns { display: grid; grid-template-columns: minmax(0, 31rem) minmax(0, 1fr); gap: 1.2rem 2.2rem; align-items: start; margin-top: .8rem; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 15.5rem), 1fr)); gap: 1.2rem 1.6rem; align-items: start; }
.tiles.small { grid-template-columns: repeat(auto-fill, minmax(min(47%, 13rem), 1fr)); gap: .8rem 1rem; }
.tiles figcaption:first-child, .tiles a { display: block; margin: 0 0 .2rem; font-size: .92rem; color: var(--ink); font-weight: 600; }
.scroll { overflow-x: auto; margin: .6rem 0; }
.scroll:focus-visible { outline: 2px solid var(--nonlinear-0); }
table { border-collapse: collapse; font-size: .92rem; line-height: 1.4; }
th, td { text-align: left; padding: .3rem 1.1rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: baseline; font-weight: 400; }
thead th { color: var(--muted); vertical-align: bottom; }
tbody th { font-weight: 500; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td.n { white-space: nowrap; }
td small, th small { color: var(--muted); font-size: .86em; white-space: nowrap; }
td.heat { text-align: center; padding: .3rem .5rem; min-width: 4.2rem; font-variant-numeric: tabular-nums; background: color-mix(in srgb, var(--linear-1) var(--heat), transparent); }
.method { display: inline-flex; gap: .5em; align-items: baseline; text-align: left; }
.key { flex: none; fill: none; stroke-width: 3; }
.wins::before { content: "▲ "; color: var(--linear-2); }
.loses::before { content: "▼ "; color: var(--linear-1); }
.ties::before { content: "◆ "; color: var(--muted); }
.verdict { font-weight: 500; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.4rem; padding: 0; margin: .5rem 0; list-style: none; font-size: .92rem; }
.strips { display: grid; grid-template-columns: minmax(5rem, 8.2rem) minmax(0, 1fr); gap: 3px .8rem; align-items: center; margin: .2rem 0 .9rem; }
.strips .name { font-size: .88rem; line-height: 1.25; font-weight: 500; }
.cells { position: relative; display: block; }
.cells::after { content: ""; position: absolute; inset: 0; pointer-events: none; background: linear-gradient(90deg, var(--paper) 2px, transparent 2px) 0 0 / calc(100% / var(--cells)) 100% repeat-x; }
.strips img { width: 100%; display: block; border-radius: 3px; }
.strips .times { grid-column: 2; display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; font-size: .78rem; color: var(--muted); text-align: center; font-variant-numeric: tabular-nums; }
.marks { min-height: 1.3em; margin-bottom: .3rem; }
.mark { white-space: nowrap; color: var(--linear-2); font-weight: 700; } .mark.off { color: var(--linear-1); font-weight: 600; }
.first-sight { margin: .8rem 0 1rem; }
.first-sight .strips { grid-template-columns: minmax(0, 1fr); gap: 2px; margin: .2rem 0; }
.first-sight .strips .name { font-size: 1rem; margin-top: .5rem; }
.first-sight .strips .name .muted { font-weight: 400; }
.first-sight .strips .times { grid-column: 1; }
.first-sight .marks { font-size: .92rem; }
video { max-width: 100%; border-radius: 6px; display: block; background: var(--card); }
details { margin: .8rem 0; }
summary { cursor: pointer; font-weight: 500; padding: .15rem 0; }
summary:focus-visible { outline: 2px solid var(--nonlinear-0); outline-offset: 2px; }
dl { display: grid; grid-template-columns: minmax(9rem, max-content) minmax(0, 1fr); gap: .1rem 1.2rem; margin: .4rem 0; font-size: .92rem; }
dt { color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 56rem) { .columns { grid-template-columns: minmax(0, 1fr); } }
@media (max-width: 34rem) {
  .strips { grid-template-columns: minmax(0, 1fr); gap: 2px; }
  .strips .times { grid-column: 1; }
  .strips .name { margin-top: .4rem; }
  table { font-size: .86rem; } th, td { padding-right: .8rem; }
  .stack, .stack tbody { display: block; width: 100%; }
  .stack caption { display: block; }
  .stack thead { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
  .stack tr { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .35rem .8rem; padding: .6rem 0; border-bottom: 1px solid var(--line); }
  .stack th, .stack td, .stack td.n { border: 0; padding: 0; text-align: left; white-space: normal; }
  .stack tbody th { grid-column: 1 / -1; font-weight: 600; }
  .stack td::before { content: attr(data-label); display: block; color: var(--muted); font-size: .92em; }
  dl { grid-template-columns: minmax(0, 1fr); } dd { margin: 0 0 .35rem; }
}
@media print { details > * { display: block; } section { break-inside: avoid; } }
${PLOT_STYLE}`;
