import type { Analysis } from "../../analyses/analysis.js";
import type { AnalysisRecord, Probes } from "../../results/index.js";
import type { JobOutputs, Step } from "../step.js";
import {
  analysesOf,
  analysisFile,
  analyzeJob,
  analyzeJobs,
  attributeAnalysisJob,
  methodAnalysisJob,
  TOGETHER_FILE,
} from "./analyze.js";
import { viewOf } from "./view-of.js";

/** What methods' paths look like, and attributes in latent space: an entry each of `analyses`, and those from outside. */
export const analyze: Step = {
  name: "analyze",
  jobs: analyzeJobs,
  async ofAttribute(written, experiment, edit) {
    const values = await read(written, analysesOf(experiment).ofAttributes, (analysis) => attributeAnalysisJob(edit, analysis));
    // Of the attributes' analyses the probes have a field of their own.
    const { probes = null, ...extra } = values;
    return { probes: probes as Probes | null, ...inExtra(extra) };
  },
  async ofMethod(written, experiment, edit, method) {
    const { ofMethods } = analysesOf(experiment);
    return {
      analysis: await written.json<AnalysisRecord>(analyzeJob(edit, method), TOGETHER_FILE),
      ...inExtra(await read(written, ofMethods, (analysis) => methodAnalysisJob(edit, method, analysis))),
    };
  },
  views: (analyses) => analyses.map(viewOf),
};

/** Values of analyses with jobs of their own, by id; null where one is not done. */
async function read(written: JobOutputs, analyses: readonly Analysis[], jobOf: (analysis: Analysis) => string) {
  const entries = analyses.map(async (one) => [one.id, await written.json(jobOf(one), analysisFile(one))] as const);
  return Object.fromEntries(await Promise.all(entries));
}

function inExtra(values: Readonly<Record<string, unknown>>) {
  return Object.keys(values).length > 0 ? { extra: values } : {};
}
