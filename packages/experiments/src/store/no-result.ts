import { LatentEditError } from "@latentflow/latent-edit";
import { MetricsError } from "@latentflow/metrics";
import { ExperimentsError } from "../errors.js";
import type { NoResultRecord } from "../results/index.js";

/** A job that can have no result, because of the data: it counts as done, and so do those that need it, without one. No other job ends by it. */
export class NoResult extends ExperimentsError {
  constructor(readonly record: NoResultRecord) {
    super(record.text);
  }
}

/**
 * Does what depends on nothing but codes, labels and scores: what their numbers don't allow is no failure of the run.
 *
 * @throws NoResult in place of the errors of the packages that compute with them
 */
export async function ofTheData<T>(why: NoResultRecord["why"], compute: () => T | Promise<T>): Promise<T> {
  try {
    return await compute();
  } catch (error) {
    if (!(error instanceof LatentEditError || error instanceof MetricsError)) throw error;
    throw new NoResult({ why, text: error.message });
  }
}

/** What is there of several results; those without one are left out. */
export async function thoseThatAre<T>(results: readonly Promise<T>[]): Promise<T[]> {
  const settled = await Promise.allSettled(results);
  const [failed] = settled.flatMap((one) => (one.status === "rejected" && !(one.reason instanceof NoResult) ? [one.reason] : []));
  if (failed !== undefined) throw failed;
  const [none] = settled.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
  const found = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  if (found.length === 0 && none !== undefined) throw none;
  return found;
}
