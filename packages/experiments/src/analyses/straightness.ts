import { pathStraightness } from "@latentflow/metrics";
import { gather, tensor, tensor1d, tidy } from "@tensorflow/tfjs-core";
import { markup } from "../drawing/markup.js";
import { straightnessPlot } from "../drawing/plots/straightness.js";
import { rowsMovedBy } from "../model/code-shape.js";
import type { StraightnessRecord } from "../results/index.js";
import { mean, spaced } from "../results/numbers.js";
import type { MethodAnalysis } from "./analysis.js";
import { flowsAmong } from "./flows.js";

/** Points of a path whose polygon stands for its arc. */
const PATH_POINTS = 41;

/** Chord over arc of paths over [0, maxTime]: 1 is a straight line; of a W+ code the mean over the rows that move. */
export const straightness: MethodAnalysis<StraightnessRecord> = {
  id: "straightness",
  of: "method",
  async compute({ config, direction, starts }) {
    const { analyze, evaluate } = config;
    const [count, ...each] = starts.shape;
    const rows = Math.min(analyze.paths, count);
    const d = direction.latentDim;
    const codes = starts.data.subarray(0, (starts.data.length / count) * rows);
    // Each row of a W+ code goes a path of its own, but for those that stay.
    const moving = each.length === 1 ? null : rowsMovedBy(direction, each[0]!);
    const paths = tidy(() => {
      const all = direction.flow(tensor(codes, [rows, ...each]), spaced(evaluate.maxTime, PATH_POINTS));
      return moving === null ? all : gather(all, tensor1d([...moving], "int32"), 2);
    });
    const data = await paths.data<"float32">().finally(() => paths.dispose());
    const perStart = moving?.length ?? 1;
    const all = Array.from(pathStraightness({ data, shape: [PATH_POINTS, rows * perStart, d] }));
    const values = Array.from({ length: rows }, (_, i) => mean(all.slice(i * perStart, (i + 1) * perStart)));
    return { mean: mean(values), min: Math.min(...values), values };
  },
  csv: {
    file: "straightness.csv",
    about: "chord over arc of each path; 1 is a straight line",
    columns: ["start", "chord_over_arc"],
    rows: ({ values }) => values.map((value, i) => [i, value]),
  },
  section: {
    place: "experiment",
    width: "half",
    draw(found, context) {
      const rows = flowsAmong(found, context).map(({ name, style, value }) => ({ name, colour: style.colour, ...value }));
      if (rows.length === 0) return false;
      return markup`<h3>Path straightness</h3><figure>${straightnessPlot("Straightness of each flow's paths", rows)}<figcaption>Chord over arc of each start's path, one stroke a path, the bar their mean. Straight edits have 1.</figcaption></figure>`;
    },
  },
};
