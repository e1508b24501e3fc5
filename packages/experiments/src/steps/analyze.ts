import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import { type Direction, NeuralOdeDirection } from "@latentflow/latent-edit";
import { eigenSpectrum, fastSubspaceDimension, pathStraightness, probeAttribute, singularEntropy } from "@latentflow/metrics";
import { tensor2d, tidy } from "@tensorflow/tfjs-core";
import type { Edit, World } from "../config/edits.js";
import type { ExperimentConfig } from "../config/types.js";
import { type Method, methodOf } from "../methods/index.js";
import type { Analysis, Probes } from "../results/experiment-results.js";
import { spaced } from "../results/numbers.js";
import { ofTheData } from "../store/no-result.js";
import { readDirection } from "./directions.js";
import { evaluateJob, readLabels, readStarts } from "./evaluate.js";
import { flipHistogramOf } from "./flips.js";
import type { Job, JobContext } from "./job.js";
import { SUMMARY_JOB } from "./sample.js";

export const ANALYSIS_FILE = "analysis.json";
export const PROBES_FILE = "probes.json";

/** Points of a path whose polygon stands for its arc. */
const PATH_POINTS = 41;

export const analyzeJob = (edit: Edit, { id }: Pick<Method, "id">) => `analyze/${edit.slug}/${id}`;
export const probesJob = (edit: Edit) => `analyze/${edit.slug}/probes`;

/** What methods' paths look like, and whether attributes are linear in latent space. */
export function analyzeJobs(config: ExperimentConfig, { latentDim }: World, edits: readonly Edit[]): Job[] {
  const { analyze, evaluate, seed } = config;
  const codes = Math.min(analyze.probeCodes, config.sample.codes);
  return edits.flatMap((edit) => [
    ...config.methods.map((id): Job => {
      const method = methodOf(id);
      return {
        id: analyzeJob(edit, method),
        step: "analyze",
        needs: [evaluateJob(edit, method)],
        settings: { analyze, maxTime: evaluate.maxTime, revision: 2 },
        images: 0,
        operations: method.depth === 1 ? 60 * latentDim ** 3 : 0,
        pair: `${edit.slug}/${id}`,
        run: (context, { folder }) => analyseOne(context, folder, edit, method),
      };
    }),
    {
      id: probesJob(edit),
      step: "analyze",
      needs: [SUMMARY_JOB],
      settings: { codes: analyze.probeCodes, probe: analyze.probe, seed, attribute: edit.index },
      images: 0,
      operations: codes * latentDim * (codes / 2 + 500 * edit.classes),
      pair: `${edit.slug}/${config.methods[0]}`,
      run: (context, { folder }) => probe(context, folder, edit),
    },
  ]);
}

async function analyseOne(context: JobContext, folder: string, edit: Edit, method: Method): Promise<void> {
  const direction = await readDirection(context.folder, edit, method);
  try {
    const analysis = await ofTheData(
      "no analysis",
      async (): Promise<Analysis> => ({
        ...(await spectra(direction, context.config.analyze.k)),
        straightness: await straightness(context, direction, edit, method),
        flipHistogram: await flips(context, edit, method),
      }),
    );
    await writeJsonAtomic(join(folder, ANALYSIS_FILE), analysis);
  } finally {
    direction.dispose();
  }
}

/** Singular entropy and eigenvalues of a depth-1 flow's matrix W; null for others, which have no one matrix. */
async function spectra(direction: Direction, k: number | null): Promise<Pick<Analysis, "singularEntropy" | "eigenSpectrum">> {
  if (!(direction instanceof NeuralOdeDirection) || direction.depth !== 1) return { singularEntropy: null, eigenSpectrum: null };
  const data = await direction.variables[0]!.data<"float32">();
  const matrix = { data, shape: [direction.latentDim, direction.latentDim] as const };
  const spectrum = eigenSpectrum(matrix);
  const entropies = [false, true].map((plusIdentity) => {
    const found = singularEntropy(matrix, { plusIdentity, ...(k !== null && { k: Math.min(k, direction.latentDim) }) });
    return { ...found, singularValues: Array.from(found.singularValues) };
  });
  return {
    singularEntropy: entropies,
    eigenSpectrum: {
      matrix: "W",
      real: Array.from(spectrum.real),
      imaginary: Array.from(spectrum.imaginary),
      fastDimension: fastSubspaceDimension(spectrum),
    },
  };
}

async function straightness(context: JobContext, direction: Direction, edit: Edit, method: Method) {
  const { analyze, evaluate } = context.config;
  const rows = (await readStarts(context.folder, edit, method)).slice(0, analyze.paths);
  const { data, shape } = (await context.sample()).heldOut.select(rows);
  const paths = tidy(() => direction.flow(tensor2d(data, [...shape]), spaced(evaluate.maxTime, PATH_POINTS)));
  const points = await paths.data();
  paths.dispose();
  const values = Array.from(pathStraightness({ data: points, shape: [PATH_POINTS, rows.length, direction.latentDim] }));
  return { mean: values.reduce((sum, x) => sum + x, 0) / values.length, min: Math.min(...values), values };
}

async function flips({ config, folder }: JobContext, edit: Edit, method: Method): Promise<Analysis["flipHistogram"]> {
  const times = spaced(config.evaluate.maxTime, config.evaluate.times);
  return flipHistogramOf(await readLabels(folder, edit, method), edit.index, times, config.analyze.bins);
}

async function probe({ config, sample }: JobContext, folder: string, edit: Edit): Promise<void> {
  const { training } = await sample();
  const rows = Math.min(config.analyze.probeCodes, training.rows);
  const codes = { data: training.codes.subarray(0, rows * training.latentDim), shape: [rows, training.latentDim] as const };
  const labels = Array.from({ length: rows }, (_, i) => training.label(i, edit.index));
  const options = { classes: edit.classes, nonlinear: config.analyze.probe, seed: config.seed };
  const probes = await ofTheData("no analysis", (): Probes => probeAttribute(codes, labels, options));
  await writeJsonAtomic(join(folder, PROBES_FILE), probes);
}
