import { cdTitle, measuredCurves } from "../../drawing/cd-curves.js";
import { type Markup, markup } from "../../drawing/markup.js";
import { count, fixed, list, NONE, percent, words } from "../../drawing/numbers.js";
import { cdPlot } from "../../drawing/plots/cd-plot.js";
import { methodName, missing, type PageContext, type ReportContext, styleOf } from "../../drawing/report-context.js";
import { type Column, table } from "../../drawing/table.js";
import { LEAST_CONTROL } from "../../results/index.js";
import { headline } from "../../verdicts/headline.js";
import { verdictMark } from "../../verdicts/mark.js";
import { noStarts } from "../../verdicts/no-results.js";
import { flowVerdicts, REACH } from "../../verdicts/verdict.js";
import { firstSight } from "../first-sight.js";

/** Below so many starts, the page warns. */
const FEW = 100;

/** What came out, on one screen: a pair of strips, a sentence, one row an attribute, small CD plots. */
export function overview(context: PageContext): Markup {
  const { results, styles } = context;
  const { attributes, config } = results;
  const { evaluate } = config;
  return markup`<header><h1>${config.name}</h1>
${firstSight(context)}
${headline(results).map((sentence) => markup`<p class="result">${sentence}</p>`)}
<p class="muted">An edit moves the latent code of a generated picture until one attribute changes; a good one changes nothing else.${bothKinds(context) && " Here straight edits are compared with curved ones, the flows of Neural ODEs."} ${describe(context)}</p>
${incomplete(context)}</header>
<ul class="legend" aria-label="Methods">${[...styles.values()].map((style) => markup`<li>${methodName(style)} <span class="muted">(${style.kind === "linear" ? "straight" : "curved"})</span></li>`)}</ul>
${attributes.length > 0 ? verdictTable(context) : missing("No attribute was edited.")}
${attributes.length > 2 && thumbnails(context)}
<details><summary>How to read this</summary>
<p>An edit moves a picture's latent code along a path, straight or curved, until an attribute changes. The same held-out starts, never trained on, go
along every method's path; a network reads the attributes off the pictures on the way.</p>
<p><b>Control</b> is the share of starts that ${evaluate.control === "changed" ? "changed the attribute at some time up to t" : "show the wanted value at t"}. <b>Disentanglement</b> is how much
the other attributes changed on the way (0: not at all, 1: every class was met equally often). A curve low and far to the right is good. The <b>area</b> under
the curve is taken over the Control range that all methods of an attribute share which get ${percent(LEAST_CONTROL)} of the starts there; the less the weakest of them
reaches, the narrower it is, so look at the largest Control, too.</p>
<p>In full: <b>D(t) = H / ln C</b>, mean over the starts and over all attributes but the edited one. H = −Σ p ln p is the entropy of the histogram of an
attribute's classes at the measured edit lengths in [0, t], p being a class's share of them, and C the number of its classes. So it depends on <code>evaluate.times</code>, here
${evaluate.times} lengths from 0 to ${evaluate.maxTime}: compare it only among runs that measure at the same ones.</p>
<p>A flow <b>wins</b> when it is better than every straight edit, <b>loses</b> when at least one straight edit is better, and <b>ties</b> otherwise; an attribute is <b>out of reach</b> when no method gets ${percent(REACH)} of the starts there. Better:
it changes the others less at equal Control, or reaches more starts, with an interval that excludes 0, and is not clearly worse in the other. Intervals are
of paired bootstraps, each test by itself, without a correction for their number${config.train.seeds !== undefined && config.train.seeds > 1 && markup`; they are over starts and over the ${config.train.seeds} trainings of each trained method`}.</p>${results.environment.judge !== undefined && REALISM}</details>`;
}

const REALISM = markup`<p>Pictures count, too: an edit is also better when its pictures at equal Control are nearer to the generator's own of the same classes (Fréchet distance of a
network's features, each taken for a Gaussian). A flow that would win or tie <b>reaches, but through broken pictures</b>, where its edited pictures are further from
the generator's own than they were before the edit, at its largest Control and at the highest that methods are compared at (20, 40, 60, 80 %).</p>`;

function bothKinds({ styles }: ReportContext): boolean {
  return new Set([...styles.values()].map(({ kind }) => kind)).size > 1;
}

function describe({ results }: ReportContext): string {
  const { config, environment, attributes, sample } = results;
  const starts = attributes.flatMap(({ methods }) => methods.flatMap(({ evaluation }) => evaluation?.samples ?? []));
  const spread = starts.length === 0 ? "none measured yet" : range(Math.min(...starts), Math.max(...starts));
  return (
    `${count(attributes.length, "attribute")}, ${count(config.methods.length, "method")}; generator: ${environment.generator.name} ` +
    `(${environment.generator.height} × ${environment.generator.width} pixels, latent dimension ${environment.generator.latentDim}); ` +
    `${sample.codes.toLocaleString("en")} codes to learn from, held-out starts per attribute: ${spread}; seed ${environment.seed}.` +
    (Math.min(...starts) < FEW ? " Few starts: the intervals are wide, and a longer run may change who wins." : "")
  );
}

const range = (low: number, high: number) => (low === high ? String(low) : `${low} to ${high}`);

function incomplete({ results }: ReportContext): Markup | false {
  const { missing: jobs } = results;
  if (jobs.length === 0) return false;
  const shown = jobs.slice(0, 8);
  const rest = jobs.length - shown.length;
  return markup`<div class="note"><p><b>Not complete.</b> ${count(jobs.length, "job")} had no result when this was written: ${list(shown)}${rest > 0 && ` and ${rest} more`}.
What is there is shown; go on with the command under <a href="#rerun">How to make this again</a>.</p></div>`;
}

function verdictTable(context: ReportContext): Markup {
  const { attributes } = context.results;
  const flows = [...context.styles.values()].filter(({ kind }) => kind === "nonlinear");
  const columns: Column[] = [
    { head: "attribute" },
    ...flows.map((flow) => ({ head: `${flow.label} against all straight edits` })),
    { head: "lowest mean Disentanglement at equal Control" },
    { head: "largest Control" },
    { head: "linear probe", kind: "number" },
    { head: "nonlinear probe", kind: "number" },
  ];
  const rows = attributes.map((attribute, i) => {
    const verdicts = flowVerdicts(attribute);
    const cells = flows.map(({ id }) => {
      const outcome = verdicts.find(({ flow }) => flow.id === id)?.outcome ?? null;
      const none = attribute.methods.find((method) => method.id === id)?.none;
      return outcome === null ? (none?.why ?? "not compared") : verdictMark(outcome);
    });
    const areas = attribute.comparison?.areas ?? [];
    const purest = best(
      areas.filter(({ meanDisentanglement }) => meanDisentanglement !== null),
      (area) => -area.meanDisentanglement!,
    );
    const widest = best(areas, (area) => area.maxControl);
    return [
      markup`<a href="#attribute-${i}">${words(attribute.name)}</a> <small>${attribute.from} → ${attribute.to}</small>`,
      ...cells,
      purest
        ? markup`${label(context, purest.method)} <small>${fixed(purest.meanDisentanglement, 3)} up to ${percent(attribute.comparison!.range[1])}</small>`
        : attribute.comparison
          ? "no common Control range"
          : noStarts(attribute) === null
            ? "not compared yet"
            : "no starts",
      widest && widest.maxControl > 0
        ? markup`${label(context, widest.method)} <small>${percent(widest.maxControl)}</small>`
        : NONE,
      percent(attribute.probes?.linear),
      percent(attribute.probes?.nonlinear),
    ];
  });
  return table("Results by attribute; the small numbers are classes: from → to", columns, rows);
}

function label(context: ReportContext, id: string): string {
  return styleOf(context, id).label;
}

function best<T>(items: readonly T[], value: (item: T) => number): T | undefined {
  return items.reduce<T | undefined>((top, item) => (top === undefined || value(item) > value(top) ? item : top), undefined);
}

function thumbnails(context: ReportContext): Markup {
  const tiles = context.results.attributes.map((attribute, i) => {
    const curves = measuredCurves(context, attribute);
    if (curves.length === 0) return false;
    const title = cdTitle(attribute, curves);
    return markup`<figure><a href="#attribute-${i}">${words(attribute.name)}</a>${cdPlot(title, curves, { compact: true })}</figure>`;
  });
  return markup`<h3>CD curves at a glance</h3><p class="muted">Control to the right, Disentanglement upwards: low and far to the right is good. Scales differ.</p>
<div class="tiles small">${tiles}</div>`;
}
