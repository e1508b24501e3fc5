import { type DeclaredOptions, describeValue, type GivenOptions, readOptions } from "@latentflow/core";
import { ExperimentsError } from "../../errors.js";
import type { Evaluation } from "../../results/index.js";
import { type Markup, markup } from "../markup.js";
import { fixed, short } from "../numbers.js";
import type { MethodStyle } from "../palette.js";
import { frame, plot } from "./frame.js";
import { spreadLabels, wrap } from "./labels.js";
import { linearScale, niceTicks, px, type Scale } from "./scale.js";

/** What a CD plot needs of a method. */
export interface CdPlotCurve {
  readonly style: MethodStyle;
  readonly evaluation: Evaluation;
}

const LINE = 15;

const CD_PLOT = {
  /** Without names and bands, for an overview of many attributes (default false). */
  compact: { default: false },
} as const satisfies DeclaredOptions;

/**
 * CD curves of several methods: Control to the right, Disentanglement upwards, each with its bootstrap band and its name where it ends.
 * Dots mark some of the measured edit lengths; hovering tells each.
 */
export function cdPlot(title: string, curves: readonly CdPlotCurve[], options: GivenOptions<typeof CD_PLOT> = {}): Markup {
  const { compact } = readOptions("cdPlot", CD_PLOT, options, ExperimentsError);
  checkArguments(title, curves);
  const [width, height] = compact ? [230, 190] : [480, 350];
  const box = { left: compact ? 40 : 62, right: width - (compact ? 10 : 128), top: 12, bottom: height - (compact ? 24 : 46) };
  const values = curves.flatMap(({ evaluation }) => [
    ...evaluation.disentanglement,
    ...(compact ? [] : evaluation.bands.disentanglement.upper),
  ]);
  const yTicks = niceTicks(0, Math.max(0.01, ...values), compact ? 3 : 5);
  const xTicks = compact ? [0, 0.5, 1] : [0, 0.2, 0.4, 0.6, 0.8, 1];
  const x = linearScale([0, 1], [box.left, box.right]);
  const y = linearScale([0, yTicks.at(-1)!], [box.bottom, box.top]);
  const underControl = curves[0]?.evaluation.definition === "changed" ? "changed" : "arrived";
  const axes = compact
    ? {}
    : { xLabel: `Control: share of starts that ${underControl} →`, yLabel: "Disentanglement (lower is better)" };
  return plot(
    width,
    height,
    title,
    markup`${frame({ x, y, xTicks, yTicks, ...axes })}
${!compact && curves.map(({ style, evaluation }) => band(style, evaluation, x, y))}
${curves.map(({ style, evaluation }) => line(style, evaluation, x, y))}
${!compact && curves.map(({ style, evaluation }) => dots(style, evaluation, x, y))}
${!compact && names(curves, x, y, box)}`,
  );
}

function checkArguments(title: unknown, curves: unknown): void {
  const refuse = (what: string, got: unknown) => {
    throw new ExperimentsError(`cdPlot: expected ${what}, got ${describeValue(got)}.`);
  };
  if (typeof title !== "string") refuse("title to be a text", title);
  if (!Array.isArray(curves)) refuse("a list of curves", curves);
  for (const curve of curves as unknown[]) {
    const { style, evaluation } = Object(curve) as Partial<CdPlotCurve>;
    const isMeasured = Array.isArray(evaluation?.control) && Array.isArray(evaluation.disentanglement);
    if (!isMeasured || typeof style?.label !== "string") refuse("curves { style, evaluation }", curve);
  }
}

function line({ colour, dash }: MethodStyle, { control, disentanglement }: Evaluation, x: Scale, y: Scale): Markup {
  const points = control.map((c, i) => `${px(x(c))},${px(y(disentanglement[i]!))}`).join(" ");
  return markup`<polyline class="line" style="stroke:${colour}" stroke-dasharray="${dash || "none"}" points="${points}"/>`;
}

/** Every time can be hovered; a few show, so that the pace of an edit is seen and the line's dashes, too. */
function dots({ colour, label }: MethodStyle, evaluation: Evaluation, x: Scale, y: Scale): Markup {
  const { times, control, disentanglement } = evaluation;
  const pace = Math.max(1, Math.round((times.length - 1) / 6));
  return markup`<g style="fill:${colour}">${times.map((t, i) => {
    const text = `${label}, t = ${short(t)}: Control ${fixed(control[i])}, Disentanglement ${fixed(disentanglement[i], 3)}`;
    const at = markup`cx="${px(x(control[i]!))}" cy="${px(y(disentanglement[i]!))}"`;
    return markup`${i % pace === 0 && markup`<circle ${at} r="2.8"/>`}<circle class="target" ${at} r="6"><title>${text}</title></circle>`;
  })}</g>`;
}

/**
 * Control and Disentanglement are both uncertain at every t, so t's part of the band is a rectangle; between two times it is what two
 * rectangles sweep. All parts are opaque inside one transparent group: where they overlap it gets no darker.
 */
function band({ colour }: MethodStyle, { bands, times }: Evaluation, x: Scale, y: Scale): Markup {
  const { control, disentanglement } = bands;
  const corners = times.map((_, i): Point[] => {
    const [left, right] = [x(control.lower[i]!), x(control.upper[i]!)];
    const [bottom, top] = [y(disentanglement.lower[i]!), y(disentanglement.upper[i]!)];
    return [
      [left, bottom],
      [left, top],
      [right, top],
      [right, bottom],
    ];
  });
  const path = corners.slice(1).map((next, i) => {
    const hull = convexHull([...corners[i]!, ...next]).map(([px_, py]) => `${px(px_)} ${px(py)}`);
    return `M${hull.join("L")}Z`;
  });
  return markup`<g class="band" style="fill:${colour}">${path.map((d) => markup`<path d="${d}"/>`)}</g>`;
}

type Point = readonly [x: number, y: number];

/** Andrew's monotone chain. */
function convexHull(points: readonly Point[]): Point[] {
  const sorted = [...points].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  const half = (list: readonly Point[]) => {
    const chain: Point[] = [];
    for (const p of list) {
      while (chain.length > 1 && turn(chain.at(-2)!, chain.at(-1)!, p) <= 0) chain.pop();
      chain.push(p);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half([...sorted].reverse())];
}

function turn(a: Point, b: Point, c: Point): number {
  return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
}

/** Names right of the plot, each joined to its curve's end. */
function names(
  curves: readonly CdPlotCurve[],
  x: Scale,
  y: Scale,
  box: { right: number; top: number; bottom: number },
): Markup[] {
  const ends = curves.map(({ evaluation }) => ({
    x: x(evaluation.control.at(-1)!),
    y: y(evaluation.disentanglement.at(-1)!),
  }));
  const lines = curves.map(({ style }) => wrap(style.label, 15));
  const heights = lines.map((parts) => parts.length * LINE + 6);
  const places = spreadLabels(
    ends.map((end) => end.y),
    heights,
    box.top - 6,
    box.bottom + 20,
  );
  return curves.map(({ style }, i) => {
    const end = ends[i]!;
    const place = places[i]!;
    const first = place - ((lines[i]!.length - 1) * LINE) / 2 + 4.5;
    const leader = `M${px(end.x + 4)} ${px(end.y)}L${px(box.right + 6)} ${px(place)}h6`;
    return markup`<path class="leader" style="stroke:${style.colour}" d="${leader}"/><circle cx="${px(end.x)}" cy="${px(end.y)}" r="3.8" style="fill:${style.colour}"/>
<text class="name" style="fill:${style.colour}">${lines[i]!.map((text, k) => markup`<tspan x="${px(box.right + 16)}" y="${px(first + k * LINE)}">${text}</tspan>`)}</text>`;
  });
}
