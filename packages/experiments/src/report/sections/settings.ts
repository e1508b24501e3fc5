import { fileLink } from "../../drawing/file-link.js";
import { type Markup, markup } from "../../drawing/markup.js";
import { count, duration, NONE, short } from "../../drawing/numbers.js";
import type { PageContext } from "../../drawing/report-context.js";
import { type Column, table } from "../../drawing/table.js";
import type { View } from "../../drawing/view.js";
import type { Environment, Timing } from "../../results/index.js";
import { tablesAmong } from "../csv.js";

/** With what it was made, how long it took, how to make it again, and which files there are. */
export function settings(context: PageContext, views: readonly View[], files: readonly string[]): Markup {
  const { results } = context;
  const { environment, rerun } = results;
  const { rows } = results.config;
  const { versions, engine, backend, generator, machine, seed, notes = [] } = environment;
  const facts: [string, string][] = [
    ["seed", String(seed)],
    ["machine", machine],
    ["generator and regressor on", `${engine.name}, ${engine.device}: ${engine.reason}`],
    ["directions on", `tfjs ${backend.name}, ${backend.device}`],
    ["generator", `${generator.name}, ${generator.height} × ${generator.width}, latent dimension ${generator.latentDim}`],
    ["its fingerprint", generator.fingerprint.map(short).join(" ")],
    ...(rows === undefined
      ? []
      : [["edits move", `rows ${rows.join(":")} of ${rowCountOf(environment)} of W+ codes`] as [string, string]]),
    ...notes.map((note): [string, string] => ["taken as read", note]),
    ...Object.entries(versions).map(([name, version]): [string, string] => [name, version]),
  ];
  return markup`<section id="rerun"><h2>How to make this again</h2>${how(rerun, versions.latentflow)}
<h3>Environment</h3>${definitions(facts)}
<details><summary>All settings</summary>${definitions(flatten(results.config))}</details>
${timings(results.timings)}${fileList(context, views, files)}</section>`;
}

const rowCountOf = ({ codes, generator }: Environment) => codes?.rowCount ?? generator.rowCount;

function how(rerun: string, version: string | undefined): Markup {
  const same =
    "Same seed, backend, Node version and kind of processor: the same numbers. What is done already is not done again.";
  const what = version === undefined ? "@latentflow/experiments" : `@latentflow/experiments ${version}`;
  if (rerun === "")
    return markup`<p class="muted">A program made this: runExperiment of ${what} with the settings below. ${same}</p>`;
  return markup`<pre>${rerun}</pre>
<p class="muted">The command comes with ${what} from npm; after <code>npm install</code> it runs with <code>npx</code> before it. ${same}</p>`;
}

function definitions(entries: readonly (readonly [string, string])[]): Markup {
  return markup`<dl>${entries.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl>`;
}

/** Nested settings as "train.iterations"; lists of plain values stay together. */
function flatten(value: object, path = ""): [string, string][] {
  return Object.entries(value).flatMap(([key, item]: [string, unknown]): [string, string][] => {
    const name = path === "" ? key : `${path}.${key}`;
    const nested = typeof item === "object" && item !== null && Object.values(item).some((part) => typeof part === "object");
    if (Array.isArray(item) && !nested) return [[name, item.join(", ")]];
    if (typeof item === "object" && item !== null) return flatten(item, name);
    return [[name, item === null ? "none" : String(item)]];
  });
}

function timings(all: readonly Timing[]): Markup {
  if (all.length === 0) return markup`<h3>Time</h3><p class="muted">No timings were recorded.</p>`;
  const columns: Column[] = [
    { head: "step" },
    ...["jobs", "time", "images", "images/s"].map((head) => ({ head, kind: "number" as const })),
  ];
  const row = (name: string, group: readonly Timing[]) => {
    const seconds = group.reduce((sum, timing) => sum + timing.seconds, 0);
    const images = group.reduce((sum, timing) => sum + timing.images, 0);
    const speed = images > 0 && seconds > 0 ? short(images / seconds) : NONE;
    return [name, group.length, duration(seconds), images.toLocaleString("en"), speed];
  };
  const rows = [...[...groupByStep(all)].map(([name, group]) => row(name, group)), row("all", all)];
  return markup`<h3>Time</h3>${table("Time by step, summed over jobs: workers run some of them at once; of an interrupted job, what it took since it went on", columns, rows, { stack: false })}`;
}

function groupByStep(all: readonly Timing[]): Map<string, Timing[]> {
  const groups = new Map<string, Timing[]>();
  for (const timing of all) {
    const step = timing.job.split("/")[0]!;
    groups.set(step, [...(groups.get(step) ?? []), timing]);
  }
  return groups;
}

function fileList({ results: { attributes } }: PageContext, views: readonly View[], files: readonly string[]): Markup {
  const tables = new Map(tablesAmong(views).map(({ file, about }) => [`csv/${file}`, about]));
  const pictures = attributes.flatMap((attribute) => [
    ...attribute.pictures,
    ...attribute.methods.flatMap((method) => method.pictures),
  ]);
  const link = (file: string, text: string) => markup`<li>${fileLink(file)} <span class="muted">${text}</span></li>`;
  return markup`<h3>Files beside this page</h3><p><a href="results.json">results.json</a> <span class="muted">has every number of this page; as tables and as drawings:</span></p><ul>${files.map((file) => link(file, aboutFile(file, tables)))}</ul>
${pictures.length > 0 && markup`<details><summary>${count(pictures.length, "picture")}</summary><ul>${pictures.map(({ file, alt }) => link(file, alt))}</ul></details>`}`;
}

function aboutFile(file: string, tables: ReadonlyMap<string, string>): string {
  if (file.endsWith(".md")) return "who wins, on one page of Markdown";
  return file.endsWith(".svg") ? "the CD plot, on white, for a paper or a README" : (tables.get(file) ?? "");
}
