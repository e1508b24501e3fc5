import { type Markup, markup } from "../drawing/markup.js";
import { count, percent, words } from "../drawing/numbers.js";
import { methodName, type PageContext, styleOf } from "../drawing/report-context.js";
import { marksLegend, type StripRow, stripRows } from "../drawing/strip.js";
import type { AttributeResult, MethodResult, PictureRecord } from "../results/index.js";
import { BROKEN, type FlowVerdict, flowVerdicts } from "../verdicts/verdict.js";

/** Which attribute is shown, first by this order, then by its own: where curved and straight edits differ there is most to see. */
const MOST_TO_SEE: readonly FlowVerdict["outcome"][] = ["wins", "loses", BROKEN, "ties", "out of reach", null];

/** The one pair of strips that a reader sees first: the straight edit that reaches furthest above the curved one; false without pictures. */
export function firstSight(context: PageContext): Markup | false {
  const pair = pairs(context).sort((a, b) => a.rank - b.rank)[0];
  if (pair === undefined) return false;
  const { attribute, record, rows, index } = pair;
  const { from, to, name } = attribute;
  return markup`<figure class="first-sight"><figcaption>One picture, edited further and further from left to right: <a href="#attribute-${index}">${words(name)}</a>, class ${from} → ${to}</figcaption>
${stripRows(record, attribute, rows)}
<p class="muted">${marksLegend(record)} The start is ${chosen(attribute, record)}.</p></figure>`;
}

interface Pair {
  readonly rank: number;
  readonly index: number;
  readonly attribute: AttributeResult;
  readonly record: PictureRecord;
  readonly rows: readonly StripRow[];
}

function pairs(context: PageContext): Pair[] {
  return context.results.attributes.flatMap((attribute, index): Pair[] => {
    const verdict = leading(attribute);
    const line = furthest(attribute);
    if (verdict === undefined || line === undefined) return [];
    const record = shownStart(attribute, [line.id, verdict.flow.id]);
    const uris = record && context.pictures.strip(record);
    if (record === undefined || uris === undefined || typeof uris === "string") return [];
    const rows = [line, verdict.flow].map((method): StripRow => {
      const place = record.methods.indexOf(method.id);
      const how = method.kind === "linear" ? "straight" : "curved";
      const alt = `${words(attribute.name)} edited by ${method.label}, a ${how} edit, further and further from left to right`;
      const name = markup`${methodName(styleOf(context, method.id))} <span class="muted">${how}${reach(method)}</span>`;
      return { name, uri: uris[place]!, alt, place };
    });
    return [{ rank: MOST_TO_SEE.indexOf(verdict.outcome), index, attribute, record, rows }];
  });
}

/** The flow whose verdict says most; the first of equals. */
function leading(attribute: AttributeResult): FlowVerdict | undefined {
  const verdicts = flowVerdicts(attribute);
  return MOST_TO_SEE.flatMap((outcome) => verdicts.filter((verdict) => verdict.outcome === outcome))[0];
}

/** The straight edit that gets most starts there, of equals the purest; the first one while nothing is measured. */
function furthest({ methods, comparison }: AttributeResult): MethodResult | undefined {
  const reached = ({ evaluation }: MethodResult) => evaluation?.maxControl ?? -1;
  const spoilt = ({ id }: MethodResult) =>
    comparison?.areas.find(({ method }) => method === id)?.meanDisentanglement ?? Number.POSITIVE_INFINITY;
  const straight = methods.filter(({ kind }) => kind === "linear");
  const isBetter = (a: MethodResult, b: MethodResult) =>
    reached(a) > reached(b) || (reached(a) === reached(b) && spoilt(a) < spoilt(b));
  return straight.reduce<MethodResult | undefined>(
    (best, method) => (best === undefined || isBetter(method, best) ? method : best),
    undefined,
  );
}

/** The first start's strip that shows both methods and that one of them gets there, whichever; else the first that shows both. */
function shownStart({ pictures, to }: AttributeResult, methods: readonly string[]): PictureRecord | undefined {
  const strips = pictures.filter((one) => one.kind === "strip" && methods.every((id) => one.methods.includes(id)));
  return strips.find((record) => arrives(record, to, methods)) ?? strips[0];
}

function arrives({ readings, methods: all }: PictureRecord, to: number, methods: readonly string[]): boolean {
  return methods.some((id) => readings?.[all.indexOf(id)]?.classes.includes(to));
}

/** How the shown start was chosen, in words. */
function chosen(attribute: AttributeResult, record: PictureRecord): string {
  const strips = attribute.pictures.filter(({ kind }) => kind === "strip");
  const place = strips.indexOf(record) + 1;
  const held = "of the held-out starts";
  return place === 1 ? `the first ${held}` : `number ${place} ${held}, the first that either of the two edits gets there`;
}

function reach({ evaluation }: MethodResult): string {
  return evaluation === null ? "" : `: gets ${percent(evaluation.maxControl)} of ${count(evaluation.samples, "start")} there`;
}
