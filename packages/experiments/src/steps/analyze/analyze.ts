import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import type { Analysis, AttributeAnalysis, MethodAnalysis, MethodContext } from "../../analyses/analysis.js";
import { TOGETHER } from "../../analyses/index.js";
import type { Edit } from "../../config/edits.js";
import type { Experiment } from "../../experiment/experiment.js";
import type { Method } from "../../methods/method.js";
import { spaced } from "../../results/numbers.js";
import { ofTheData } from "../../store/no-result.js";
import { evaluateJob, readLabels, readStarts } from "../evaluate/evaluate.js";
import { readDirection } from "../find/directions.js";
import type { Job, StepContext } from "../job.js";
import { SUMMARY_JOB } from "../sample/sample.js";

/** Values of the analyses that share a job, by their ids. */
export const TOGETHER_FILE = "analysis.json";

/** Of the analyses that share a job. */
export const analyzeJob = (edit: Edit, { id }: Pick<Method, "id">) => `analyze/${edit.slug}/${id}`;
/** Of another analysis of a method. */
export const methodAnalysisJob = (edit: Edit, method: Method, { id }: Analysis) => `analyze/${edit.slug}/${method.id}_${id}`;
export const attributeAnalysisJob = (edit: Edit, { id }: Analysis) => `analyze/${edit.slug}/${id}`;
/** Where an analysis with a job of its own keeps its value. */
export const analysisFile = ({ id }: Analysis) => `${id}.json`;

/** What an experiment's analyses look at, by how they are kept. */
export function analysesOf({ analyses }: Pick<Experiment, "analyses">) {
  const ofMethods = analyses.filter((analysis): analysis is MethodAnalysis => analysis.of === "method");
  return {
    together: ofMethods.filter((analysis) => TOGETHER.includes(analysis)),
    ofMethods: ofMethods.filter((analysis) => !TOGETHER.includes(analysis)),
    ofAttributes: analyses.filter((analysis): analysis is AttributeAnalysis => analysis.of === "attribute"),
  };
}

/** What methods' paths look like, and attributes in latent space. */
export function analyzeJobs(experiment: Experiment): Job[] {
  const { config, edits, methods, networks } = experiment;
  const { together, ofMethods, ofAttributes } = analysesOf(experiment);
  const operationsOf = (analysis: MethodAnalysis, method: Method) =>
    analysis.cost?.(config, networks.latentDim, method).operations ?? 0;
  return edits.flatMap((edit) => [
    ...methods.flatMap((method): Job[] => [
      {
        ...about(edit, method),
        id: analyzeJob(edit, method),
        settings: { analyze: config.analyze, maxTime: config.evaluate.maxTime, revision: 2 },
        images: 0,
        operations: together.reduce((sum, analysis) => sum + operationsOf(analysis, method), 0),
        run: (context, { folder }) => analyzeTogether(context, folder, edit, method, together),
      },
      ...ofMethods.map((analysis) => methodAnalysis(experiment, edit, method, analysis)),
    ]),
    ...ofAttributes.map((analysis) => attributeAnalysis(experiment, edit, analysis)),
  ]);
}

function about(edit: Edit, method: Method) {
  return { step: "analyze", needs: [evaluateJob(edit, method)], pair: `${edit.slug}/${method.id}` } as const;
}

function methodAnalysis({ config, networks }: Experiment, edit: Edit, method: Method, analysis: MethodAnalysis): Job {
  const { images = 0, gradients = 0, operations = 0 } = analysis.cost?.(config, networks.latentDim, method) ?? {};
  return {
    ...about(edit, method),
    id: methodAnalysisJob(edit, method, analysis),
    settings: analysis.settings?.(config) ?? { analyze: config.analyze },
    ...{ images, gradients, operations },
    async run(context, { folder }) {
      const value = await looking(context, edit, method, (what) => analysis.compute(what));
      await writeJsonAtomic(join(folder, analysisFile(analysis)), value ?? null);
    },
  };
}

function attributeAnalysis({ config, methods, networks }: Experiment, edit: Edit, analysis: AttributeAnalysis): Job {
  const { analyze, seed } = config;
  const { images = 0, gradients = 0, operations = 0 } = analysis.cost?.(config, networks.latentDim, edit) ?? {};
  return {
    id: attributeAnalysisJob(edit, analysis),
    step: "analyze",
    needs: [SUMMARY_JOB],
    settings: analysis.settings?.(config, edit) ?? { analyze, seed, edit },
    ...{ images, gradients, operations },
    pair: `${edit.slug}/${methods[0]!.id}`,
    async run(context, { folder }) {
      const { training, heldOut } = await context.sample();
      const { signal } = context;
      const model = () => context.model();
      const value = await ofTheData("no analysis", () =>
        analysis.compute({ config, networks, edit, codes: training, heldOut, signal, model }),
      );
      await writeJsonAtomic(join(folder, analysisFile(analysis)), value ?? null);
    },
  };
}

async function analyzeTogether(
  context: StepContext,
  folder: string,
  edit: Edit,
  method: Method,
  analyses: readonly MethodAnalysis[],
): Promise<void> {
  const values = await looking(context, edit, method, async (what) => {
    const entries: [string, unknown][] = [];
    for (const analysis of analyses) entries.push([analysis.id, await analysis.compute(what)]);
    return Object.fromEntries(entries);
  });
  await writeJsonAtomic(join(folder, TOGETHER_FILE), values);
}

/** Looks at a method's measured edits with its direction, its starts and their labels at hand. */
async function looking<T>(
  context: StepContext,
  edit: Edit,
  method: Method,
  look: (what: MethodContext) => T | Promise<T>,
): Promise<T> {
  const { config, networks, folder, signal } = context;
  const times = spaced(config.evaluate.maxTime, config.evaluate.times);
  const starts = (await context.sample()).heldOut.select(await readStarts(folder, edit, method));
  const labels = await readLabels(folder, edit, method);
  const direction = await readDirection(folder, edit, method);
  const model = () => context.model();
  try {
    return await ofTheData("no analysis", () =>
      look({ config, networks, edit, method, direction, starts, labels, times, signal, model }),
    );
  } finally {
    direction.dispose();
  }
}
