import { Markup, markup } from "../drawing/markup.js";
import { THEME } from "../drawing/plots/style.js";
import { PAGE_SCRIPT } from "./page-script.js";
import type { StudyPage } from "./study.js";

const STYLE = `
:root { color-scheme: light dark; ${THEME.light} --accent: #1f5fae; --on-accent: #ffffff; }
@media (prefers-color-scheme: dark) { :root { ${THEME.dark} --accent: #7db4f5; --on-accent: #10161d; } }
* { box-sizing: border-box; }
body { margin: 0; font: 17px/1.45 system-ui, -apple-system, "Segoe UI", sans-serif; color: var(--ink); background: var(--paper); }
main { margin: 0 auto; padding: .8rem clamp(.8rem, 3vw, 2rem) 2rem; max-width: 62rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 1.2rem 0 .8rem; } h1:focus { outline: none; }
h1.count { font-size: 1rem; font-weight: 500; color: var(--muted); margin: .2rem 0 .4rem; }
p { max-width: 40rem; margin: .6rem 0; text-wrap: pretty; }
.muted, figcaption { color: var(--muted); font-size: .9rem; }
.note { background: var(--card); border-left: 4px solid var(--accent); padding: .5rem .8rem; }
progress { appearance: none; display: block; width: 100%; height: 6px; border: 0; border-radius: 3px; background: var(--line); overflow: hidden; }
progress::-webkit-progress-bar { background: var(--line); } progress::-webkit-progress-value { background: var(--accent); } progress::-moz-progress-bar { background: var(--accent); }
.pictures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: .5rem .8rem; margin: .8rem auto; }
figure { margin: 0; } figcaption { text-align: center; padding-top: .15rem; }
.pictures img { display: block; width: 100%; aspect-ratio: 1; object-fit: contain; border-radius: 6px; background: var(--card); -webkit-user-select: none; user-select: none; }
.original { grid-column: 1 / -1; justify-self: center; width: min(46%, 30vh); }
.question { padding: .35rem .6rem .55rem; border-radius: 10px; border: 1px solid transparent; }
.question.current { border-color: var(--line); background: var(--card); }
.question-text { margin: 0 0 .4rem; font-size: 1.02rem; }
.choices { display: grid; grid-template-columns: 1fr .8fr 1fr; gap: .5rem; }
button, input { font: inherit; color: var(--ink); background: var(--paper); border: 1.5px solid var(--muted); border-radius: 9px; min-height: 2.9rem; padding: .3rem 1rem; }
button { cursor: pointer; touch-action: manipulation; }
button:hover { border-color: var(--accent); }
button:focus-visible, input:focus-visible, textarea:focus-visible, summary:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
button[aria-pressed=true], button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button:disabled { background: var(--card); border-color: var(--line); color: var(--muted); cursor: default; font-weight: 500; }
kbd { font: inherit; font-weight: 400; opacity: .6; margin-left: .5em; }
nav { display: grid; grid-template-columns: 1fr 2fr; gap: .5rem; margin: .8rem 0; }
.quiet { min-height: 2.4rem; padding: 0; border: 0; background: none; color: var(--muted); font-size: .9rem; text-decoration: underline; text-underline-offset: .2em; }
form { margin: 1.2rem 0; } label { display: block; margin-bottom: .3rem; font-weight: 500; }
.row { display: flex; gap: .6rem; margin: .9rem 0; } form .row { margin: 0; } .row .primary { flex: 1; max-width: 18rem; } input { width: 7rem; }
textarea { width: 100%; font: .8rem/1.4 ui-monospace, Menlo, monospace; color: var(--ink); background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: .6rem; margin-top: .5rem; }
summary { cursor: pointer; color: var(--muted); }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (pointer: coarse), (max-width: 40rem) { kbd, .keys { display: none; } }
@media (min-width: 48rem) {
  .pictures { grid-template-columns: repeat(3, minmax(0, 1fr)); gap: 1rem; margin: 1.2rem auto; max-width: min(62rem, 165vh); }
  .original { grid-column: 2; grid-row: 1; width: 100%; } .left { grid-column: 1; grid-row: 1; } .right { grid-column: 3; grid-row: 1; }
  .questions { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
  .question-text { min-height: 2.9em; }
  nav { grid-template-columns: 10rem 16rem; } .pages { justify-content: end; }
}`;

/** The page: one HTML file that loads nothing but its pictures. */
export function studyHtml(page: StudyPage): string {
  // What would end the script's element has no place in it; JSON takes the same sign as an escape.
  const data = JSON.stringify(page).replaceAll("<", "\\u003c");
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file: data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${page.title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<main><noscript><p>This page needs JavaScript.</p></noscript></main>
<div id="live" class="hidden" aria-live="polite"></div>
<script type="application/json" id="study">${new Markup(data)}</script>
<script>${new Markup(PAGE_SCRIPT)}</script>
</body>
</html>
`.text;
}
