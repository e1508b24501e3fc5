import { firstFlips, type Labels, percentileInterval } from "@latentflow/metrics";
import { markup } from "../drawing/markup.js";
import { percent, short, words } from "../drawing/numbers.js";
import { flipHistogram as flipPlot, highestShare, neverShare } from "../drawing/plots/flip-histogram.js";
import { methodName, missing, styleOf } from "../drawing/report-context.js";
import type { FlipHistogram } from "../results/index.js";
import type { MethodAnalysis } from "./analysis.js";

/** How far starts travel until the edited attribute first flips. */
export const flipHistogram: MethodAnalysis<FlipHistogram> = {
  id: "flipHistogram",
  of: "method",
  compute: ({ config, edit, labels, times }) => flipHistogramOf(labels, edit.index, times, config.analyze.bins),
  csv: {
    file: "flips.csv",
    about: "starts by the edit length at which the attribute first changes",
    columns: ["from_t", "to_t", "starts"],
    rows: ({ edges, counts, never }) => [...counts.map((n, i) => [edges[i]!, edges[i + 1]!, n]), ["never", "never", never]],
  },
  section: {
    place: "attribute",
    draw(found, context) {
      if (found.length === 0) return missing("First flips: the analysis was not run.");
      const highest = Math.max(...found.map(({ value }) => highestShare(value)));
      const tiles = found.map(({ attribute, method, value }) => {
        const style = styleOf(context, method.id);
        const title = `How far starts travel along ${style.label} until ${words(attribute.name)} first flips; median ${short(value.median)}`;
        const median = value.median === null ? "" : `; median ${short(value.median)} of those that flip`;
        return markup`<figure><figcaption>${methodName(style)}</figcaption>${flipPlot(title, style, value, highest)}<figcaption>${percent(neverShare(value))} never flip${median}</figcaption></figure>`;
      });
      return markup`<h3>How far until it flips</h3><p class="muted">Share of starts by the edit length at which the attribute first changes, to whatever value. Much mass near 0: its values interlace in latent space.</p><div class="tiles">${tiles}</div>`;
    },
  },
};

/**
 * Histogram of first flips over equally spaced times. A bin holds a whole number of times, the last one what is left: bins that cut between
 * times would hold now one and now two of them, and show steps that are not there.
 *
 * @param most bins at most
 */
export function flipHistogramOf(labels: Labels, attribute: number, times: readonly number[], most: number): FlipHistogram {
  const steps = times.length - 1;
  const { counts, never, distance } = firstFlips(labels, { attributeIndex: attribute, times, bins: steps });
  const width = Math.ceil(steps / most);
  const starts = Array.from({ length: Math.ceil(steps / width) }, (_, i) => i * width);
  const flipped = Array.from(distance).filter(Number.isFinite);
  return {
    edges: [...starts, steps].map((i) => times[i]!),
    counts: starts.map((start) => counts.subarray(start, start + width).reduce((sum, n) => sum + n, 0)),
    never,
    median: flipped.length === 0 ? null : percentileInterval(flipped, { confidence: 0 })[0],
  };
}
