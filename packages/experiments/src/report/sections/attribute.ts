import { type Markup, markup } from "../../drawing/markup.js";
import { count, fixed, interval, meanAndSpread, NONE, names, percent, short, words } from "../../drawing/numbers.js";
import { cdPlot } from "../../drawing/plots/cd-plot.js";
import { methodName, missing, styleOf } from "../../drawing/report-context.js";
import { type Column, table } from "../../drawing/table.js";
import { type AttributeResult, LEAST_CONTROL } from "../../results/index.js";
import { cdTitle, measuredCurves, type PageContext, verdictMark } from "../context.js";
import { noStarts } from "../no-results.js";
import { flowVerdicts } from "../verdict.js";
import { verdictWords } from "../verdict-words.js";
import { drawnAt } from "./drawn.js";
import { leakage } from "./leakage.js";
import { pairedTable } from "./paired.js";
import { pictures } from "./pictures.js";
import { realism } from "./realism.js";
import { training } from "./training.js";

/** All about one attribute: curves beside strips, then the tests, then what lies behind them. */
export function attributeSection(context: PageContext, attribute: AttributeResult, index: number): Markup {
  const name = words(attribute.name);
  const leads = drawnAt("lead", context, attribute);
  return markup`<section id="attribute-${index}" aria-labelledby="attribute-${index}-name"><h2 id="attribute-${index}-name">${name}</h2>
<p class="muted">From class ${attribute.from} to class ${attribute.to} (of ${attribute.classes}, counted from 0). ${leads.map((lead, i) => markup`${i > 0 && " "}${lead}`)}</p>
${noStarts(attribute) === null ? measurements(context, attribute) : markup`<div class="note"><p><b>No starts.</b> ${noStarts(attribute)}</p></div>`}
${training(context, attribute)}</section>`;
}

function measurements(context: PageContext, attribute: AttributeResult): Markup {
  return markup`${without(context, attribute)}${summary(attribute)}
<div class="columns"><div>${curves(context, attribute)}${areas(context, attribute)}</div><div>${pictures(context, attribute)}</div></div>
${pairedTable(context, attribute)}
${realism(context, attribute)}
${drawnAt("attribute", context, attribute)}
${leakage(context, attribute)}`;
}

/** Methods that have no result, and why. */
function without(context: PageContext, { methods }: AttributeResult): Markup | false {
  const notes = methods.flatMap(({ id, none }) =>
    none ? markup`<p>${methodName(styleOf(context, id))} <b>${none.why}</b>: ${none.text}</p>` : [],
  );
  return notes.length > 0 && markup`<div class="note">${notes}</div>`;
}

/** Who wins, ties and loses, in words. */
function summary(attribute: AttributeResult): Markup[] {
  return flowVerdicts(attribute).map((verdict) => {
    const { head, against } = verdictWords(attribute, verdict);
    return verdict.outcome === null
      ? missing(`${head}: ${against}.`)
      : markup`<p>${verdictMark(verdict.outcome, head)}: ${against}.</p>`;
  });
}

function curves(context: PageContext, attribute: AttributeResult): Markup {
  const measured = measuredCurves(context, attribute);
  const unmeasured = attribute.methods.filter(({ evaluation }) => evaluation === null).map(({ label }) => label);
  const note = unmeasured.length > 0 && missing(`Not measured: ${names(unmeasured)}.`);
  if (measured.length === 0) return missing("No method is measured yet: there are no CD curves.");
  const title = cdTitle(attribute, measured);
  const { bands, samples } = measured[0]!.evaluation;
  return markup`<figure>${cdPlot(title, measured)}<figcaption>Low and far to the right is good. ${count(samples, "held-out start")}; bands: ${percent(bands.confidence)} bootstrap; dots: some of the edit lengths; hover for numbers.</figcaption></figure>${note}`;
}

function areas(context: PageContext, { methods, comparison }: AttributeResult): Markup {
  if (comparison === null) return missing("Areas and tests wait until all methods are measured.");
  const { range } = comparison;
  const empty = range[1] <= range[0];
  const columns: Column[] = [
    { head: "method" },
    ...["area", "mean D", "largest Control", "t for half"].map((head) => ({ head, kind: "number" as const })),
  ];
  const rows = comparison.areas.map(({ method, area, interval: limits, meanDisentanglement, maxControl, seeds }) => {
    const half = methods.find(({ id }) => id === method)?.evaluation?.lengthForHalf;
    return [
      methodName(styleOf(context, method)),
      empty || area === null ? NONE : markup`${fixed(area, 4)}<br><small>${interval(limits, 4)}</small>`,
      seeds ? spreadOf(seeds.meanDisentanglement, (x) => fixed(x, 3)) : fixed(meanDisentanglement, 3),
      seeds ? spreadOf(seeds.maxControl, percent) : percent(maxControl),
      half === null || half === undefined ? "never" : short(half),
    ];
  });
  const trainings = comparison.areas.find(({ seeds }) => seeds)?.seeds?.seeds.length;
  const spread = trainings === undefined ? "" : `; ± is the standard deviation over ${trainings} trainings from different seeds`;
  const caption = empty
    ? "Areas: the methods share no Control range, so none can be compared with all others; see the pairs below"
    : `Area under the CD curve over the Control range ${percent(range[0])} to ${percent(range[1])} that all methods share which get ${percent(LEAST_CONTROL)} of the starts there (lower is better), with ${percent(comparison.confidence)} interval`;
  return table(`${caption}${spread}`, columns, rows);
}

/** Mean and spread over trainings. */
function spreadOf(values: readonly (number | null)[], write: (value: number) => string): string {
  const known = values.filter((x) => x !== null);
  return known.length === 0 ? NONE : meanAndSpread(known, write);
}
