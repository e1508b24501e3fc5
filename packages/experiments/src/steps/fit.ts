import { join } from "node:path";
import { writeJsonAtomic } from "@latentflow/core/files";
import type { ModelParts } from "@latentflow/engine";
import { classScores, fitInterFaceGan, ganSpace, LinearDirection, projectDirection, seFa } from "@latentflow/latent-edit";
import { pearson } from "@latentflow/metrics";
import { type Edit, editOf, type World } from "../config/edits.js";
import type { ExperimentConfig } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { methodOf } from "../methods/index.js";
import type { FitRecord } from "../results/experiment-results.js";
import { finiteOrNull } from "../results/numbers.js";
import { NoResult, ofTheData, thoseThatAre } from "../store/no-result.js";
import { directionJob, readDirection, writeDirection } from "./directions.js";
import type { Job, JobContext } from "./job.js";
import { SUMMARY_JOB } from "./sample.js";

export const FIT_FILE = "fit.json";

/** What a fitting method finds: a vector along which the attribute grows, and how it went. */
interface Fitted {
  readonly vector: ArrayLike<number>;
  readonly record: Partial<FitRecord>;
}

const INTERFACEGAN = methodOf("interfacegan");

/** A job for each fitted method and attribute; projecting needs InterFaceGAN's directions of all attributes. */
export function fitJobs(config: ExperimentConfig, world: World, edits: readonly Edit[]): Job[] {
  const chosen = config.methods.map((id) => methodOf(id)).filter(({ depth }) => depth === null);
  const ids = chosen.map(({ id }) => id);
  const conditions = allEdits(world, edits);
  const all = [...new Set([...conditions, ...edits])];
  const { codes } = config.sample;
  const d = world.latentDim;
  const taken = 2 * Math.min(codes / 2, config.fit.ratio > 1 ? config.fit.ratio : config.fit.ratio * codes);
  const components = 4 * codes * d ** 2 + 30 * d ** 3;
  const boundaries = ids.includes("projected") ? all : ids.includes("interfacegan") ? edits : [];
  const jobs = boundaries.map((edit) => {
    const { pair, ...job } = fitJob(config, edit, "interfacegan", [SUMMARY_JOB], interFaceGan, 3 * taken * d ** 2);
    return edits.includes(edit) && ids.includes("interfacegan") ? { ...job, pair: pair! } : job;
  });
  for (const edit of edits) {
    if (ids.includes("projected")) {
      const boundaries = conditions.map((condition) => (condition.index === edit.index ? edit : condition));
      const needs = boundaries.map((boundary) => directionJob(boundary, INTERFACEGAN));
      jobs.push(fitJob(config, edit, "projected", needs, (context) => projected(context, edit, boundaries)));
    }
    if (ids.includes("ganspace")) jobs.push(fitJob(config, edit, "ganspace", [SUMMARY_JOB], principal, components));
    if (ids.includes("sefa")) jobs.push(fitJob(config, edit, "sefa", [SUMMARY_JOB], principalOfWeights, components));
  }
  return jobs;
}

/** One of every attribute of the regressor: the edited ones as configured, the others from their first class to their last. */
function allEdits(world: World, edits: readonly Edit[]): Edit[] {
  return world.attributes.map((_, index) => edits.find((edit) => edit.index === index) ?? editOf(world.attributes, index));
}

function fitJob(
  { fit, seed }: ExperimentConfig,
  edit: Edit,
  id: string,
  needs: readonly string[],
  find: (context: JobContext, edit: Edit) => Promise<Fitted>,
  operations = 0,
): Job {
  return {
    id: directionJob(edit, methodOf(id)),
    step: "fit",
    needs,
    settings: { fit, seed, edit },
    images: 0,
    operations,
    pair: `${edit.slug}/${id}`,
    async run(context, { folder }) {
      const { vector, record } = await find(context, edit);
      const direction = await ofTheData("no direction", () => new LinearDirection(vector));
      const complete: FitRecord = { accuracy: null, projection: null, component: null, ...record };
      await writeDirection(folder, direction, edit, context.world, { method: id, ...complete });
      direction.dispose();
      await writeJsonAtomic(join(folder, FIT_FILE), complete);
    },
  };
}

async function interFaceGan(context: JobContext, edit: Edit): Promise<Fitted> {
  const { config, signal } = context;
  const { training } = await context.sample();
  const scores = classScores(training.logitsOf(edit.index), { to: edit.to, from: edit.from });
  const { ratio, C } = config.fit;
  const options = { ratio, C, seed: config.seed, ...(signal && { signal }) };
  const found = await ofTheData("no direction", () => fitInterFaceGan(training.matrix, scores, options));
  const { train, validation, rest } = found.accuracy;
  const accuracy = { train: finiteOrNull(train), validation: finiteOrNull(validation), rest: finiteOrNull(rest) };
  return { vector: found.direction, record: { accuracy } };
}

async function projected({ folder }: JobContext, edit: Edit, all: readonly Edit[]): Promise<Fitted> {
  const vectorOf = async (which: Edit) => {
    const direction = await readDirection(folder, which, INTERFACEGAN);
    const vector = Array.from(await direction.variables[0]!.data());
    direction.dispose();
    return vector;
  };
  const own = await vectorOf(edit);
  // An attribute that has no direction is none to be freed from.
  const found = await thoseThatAre(
    all.filter(({ index }) => index !== edit.index).map(async (other) => ({ name: other.name, vector: await vectorOf(other) })),
  ).catch((error) => {
    if (error instanceof NoResult) return [];
    throw error;
  });
  const conditions = found.map(({ vector }) => vector);
  const { direction, residual, rank } = await ofTheData("no direction", () => projectDirection(own, conditions));
  return { vector: direction, record: { projection: { residual, rank, conditions: found.map(({ name }) => name) } } };
}

async function principal(context: JobContext, edit: Edit): Promise<Fitted> {
  const { training } = await context.sample();
  const components = Math.min(context.config.fit.components, training.latentDim);
  const { directions } = await ofTheData("no direction", () => ganSpace(training.matrix, { components }));
  return mostCorrelated(context, edit, directions);
}

async function principalOfWeights(context: JobContext, edit: Edit): Promise<Fitted> {
  const styleWeights = styleWeightsOf(await context.parts());
  const components = Math.min(context.config.fit.components, context.world.latentDim);
  return mostCorrelated(context, edit, seFa(await styleWeights(), { components }).directions);
}

/** What SeFa needs of a model. */
export function styleWeightsOf({ styleWeights }: ModelParts): NonNullable<ModelParts["styleWeights"]> {
  if (styleWeights !== undefined) return styleWeights;
  throw new ConfigError(`config: expected a model with styleWeights() for the method "sefa"; take it out of methods.`);
}

/**
 * Unsupervised directions have no names. The attribute's is the one along which codes correlate most with the attribute's score, turned so that
 * the score grows.
 */
async function mostCorrelated(context: JobContext, edit: Edit, directions: readonly Float64Array[]): Promise<Fitted> {
  const { training } = await context.sample();
  const scores = classScores(training.logitsOf(edit.index), { to: edit.to, from: edit.from });
  const correlations = await ofTheData("no direction", () =>
    directions.map((direction) => pearson(along(training.codes, direction), scores)),
  );
  const best = correlations.reduce((a, x, i) => (Math.abs(x) > Math.abs(correlations[a]!) ? i : a), 0);
  const correlation = correlations[best]!;
  if (!Number.isFinite(correlation))
    throw new NoResult({ why: "no direction", text: `The score of ${edit.name} never varies, so no direction goes with it.` });
  return {
    vector: directions[best]!.map((x) => (correlation < 0 ? -x : x)),
    record: { component: { index: best, correlation: Math.abs(correlation) } },
  };
}

/** Each code's coordinate along a direction. */
function along(codes: Float32Array, direction: Float64Array): Float64Array {
  const d = direction.length;
  const values = new Float64Array(codes.length / d);
  for (let i = 0; i < codes.length; i++) values[Math.floor(i / d)]! += codes[i]! * direction[i % d]!;
  return values;
}
