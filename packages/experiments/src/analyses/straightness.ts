import { pathStraightness } from "@latentflow/metrics";
import { tensor2d, tidy } from "@tensorflow/tfjs-core";
import { markup } from "../drawing/markup.js";
import { straightnessPlot } from "../drawing/plots/straightness.js";
import type { StraightnessRecord } from "../results/index.js";
import { mean, spaced } from "../results/numbers.js";
import type { MethodAnalysis } from "./analysis.js";
import { flowsAmong } from "./flows.js";

/** Points of a path whose polygon stands for its arc. */
const PATH_POINTS = 41;

/** Chord over arc of paths over [0, maxTime]: 1 is a straight line. */
export const straightness: MethodAnalysis<StraightnessRecord> = {
  id: "straightness",
  of: "method",
  async compute({ config, direction, starts }) {
    const { analyze, evaluate } = config;
    const rows = Math.min(analyze.paths, starts.shape[0]);
    const d = direction.latentDim;
    const codes = starts.data.subarray(0, rows * d);
    const paths = tidy(() => direction.flow(tensor2d(codes, [rows, d]), spaced(evaluate.maxTime, PATH_POINTS)));
    const data = await paths.data().finally(() => paths.dispose());
    const values = Array.from(pathStraightness({ data, shape: [PATH_POINTS, rows, d] }));
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
