import { probeAttribute } from "@latentflow/metrics";
import { markup } from "../drawing/markup.js";
import { percent } from "../drawing/numbers.js";
import type { Probes } from "../results/index.js";
import type { AttributeAnalysis } from "./analysis.js";

/** Is the attribute linear in latent space? */
export const probes: AttributeAnalysis<Probes> = {
  id: "probes",
  of: "attribute",
  settings: ({ analyze, seed }, { index }) => ({ codes: analyze.probeCodes, probe: analyze.probe, seed, attribute: index }),
  cost({ analyze, sample }, latentDim, { classes }) {
    const codes = Math.min(analyze.probeCodes, sample.codes);
    return { operations: codes * latentDim * (codes / 2 + 500 * classes) };
  },
  compute({ config, edit, codes }) {
    const rows = Math.min(config.analyze.probeCodes, codes.rows);
    const seen = { data: codes.points.data.subarray(0, rows * codes.latentDim), shape: [rows, codes.latentDim] as const };
    const labels = Array.from({ length: rows }, (_, i) => codes.label(i, edit.index));
    return probeAttribute(seen, labels, { classes: edit.classes, nonlinear: config.analyze.probe, seed: config.seed });
  },
  csv: {
    file: "probes.csv",
    about: "held-out accuracy of a linear and a nonlinear probe",
    columns: ["linear", "nonlinear", "baseline", "gap", "train_size", "test_size"],
    rows: (p) => [[p.linear, p.nonlinear, p.baseline, p.gap, p.trainSize, p.testSize]],
  },
  section: {
    place: "lead",
    draw([found]) {
      if (found === undefined) return markup`Its probes were not run.`;
      const { linear, nonlinear, baseline } = found.value;
      const text =
        `On codes that the probes did not see, a linear one reads it right for ${percent(linear)}, a nonlinear one for ${percent(nonlinear)} ` +
        `(always naming the most frequent class: ${percent(baseline)}), so ${reading(found.value)}.`;
      return markup`${text}`;
    },
  },
};

/** Differences below this are not worth a word. */
const NOTABLE = 0.02;

function reading({ linear, nonlinear, baseline, gap }: Probes): string {
  if (Math.max(linear, nonlinear) < baseline + NOTABLE) return "neither reads it from the code";
  if (gap > NOTABLE) return "its values are not linearly separated";
  return gap < -NOTABLE ? "a hyperplane reads it best" : "both read it alike";
}
