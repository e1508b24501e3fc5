import type { TrainingRecord } from "../../results/index.js";
import { type Markup, markup } from "../markup.js";
import { short } from "../numbers.js";
import { frame, plot } from "./frame.js";
import { spreadLabels } from "./labels.js";
import { linearScale, niceTicks, px } from "./scale.js";

const [WIDTH, HEIGHT] = [330, 200];
const BOX = { left: 48, right: 228, top: 10, bottom: 156 };

/** The loss and its two terms over the iterations. */
export function trainingPlot(title: string, { curve }: TrainingRecord, colour: string): Markup {
  const { iteration } = curve;
  const lines = [
    { name: "total", values: curve.total, dash: "none" },
    { name: "attribute (4)", values: curve.attribute, dash: "5 3" },
    { name: "preservation (5)", values: curve.preservation, dash: "2 2.5" },
  ];
  const xTicks = niceTicks(0, Math.max(1, ...iteration), 3);
  const yTicks = niceTicks(0, Math.max(1e-6, ...lines.flatMap(({ values }) => values)), 4);
  const x = linearScale([0, xTicks.at(-1)!], [BOX.left, BOX.right]);
  const y = linearScale([0, yTicks.at(-1)!], [BOX.bottom, BOX.top]);
  const ends = lines.map(({ values }) => y(values.at(-1) ?? 0));
  const places = spreadLabels(
    ends,
    ends.map(() => 15),
    BOX.top,
    BOX.bottom + 8,
  );
  const body = lines.map(({ name, values, dash }, i) => {
    const points = values.map((value, k) => `${px(x(iteration[k]!))},${px(y(value))}`).join(" ");
    return markup`<polyline class="line thin" style="stroke:${colour}" stroke-dasharray="${dash}" points="${points}"/><text class="tick" x="${BOX.right + 6}" y="${px(places[i]! + 4)}">${name}</text>`;
  });
  return plot(WIDTH, HEIGHT, title, markup`${frame({ x, y, xTicks, yTicks, write: short, xLabel: "iteration" })}${body}`);
}
