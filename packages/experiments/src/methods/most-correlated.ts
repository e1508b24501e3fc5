import { classScores } from "@latentflow/latent-edit";
import { pearson } from "@latentflow/metrics";
import type { ExperimentConfig } from "../config/types.js";
import { NoResult, ofTheData } from "../store/no-result.js";
import type { Cost, FindContext, FittedDirection } from "./method.js";
import { straight } from "./straight.js";

/**
 * Unsupervised directions have no names. The attribute's is the one along which codes correlate most with the attribute's score, turned so that
 * the score grows.
 */
export async function mostCorrelated(
  { codes: load, edit }: FindContext,
  directions: readonly Float64Array[],
): Promise<FittedDirection> {
  const codes = await load();
  const scores = classScores(codes.logitsOf(edit.index), { to: edit.to, from: edit.from });
  const correlations = await ofTheData("no direction", () =>
    directions.map((direction) => pearson(along(codes.points.data, direction), scores)),
  );
  const best = correlations.reduce((a, x, i) => (Math.abs(x) > Math.abs(correlations[a]!) ? i : a), 0);
  const correlation = correlations[best]!;
  if (!Number.isFinite(correlation))
    throw new NoResult({ why: "no direction", text: `The score of ${edit.name} never varies, so no direction goes with it.` });
  const vector = directions[best]!.map((x) => (correlation < 0 ? -x : x));
  return straight(vector, { component: { index: best, correlation: Math.abs(correlation) } });
}

/** Of principal components, and of every code's coordinate along each. */
export function componentsCost({ sample: { codes } }: ExperimentConfig, latentDim: number): Cost {
  return { operations: 4 * codes * latentDim ** 2 + 30 * latentDim ** 3 };
}

/** Each code's coordinate along a direction. */
function along(codes: Float32Array, direction: Float64Array): Float64Array {
  const d = direction.length;
  const values = new Float64Array(codes.length / d);
  for (let i = 0; i < codes.length; i++) values[Math.floor(i / d)]! += codes[i]! * direction[i % d]!;
  return values;
}
