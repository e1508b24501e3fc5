import { describeValue } from "@latentflow/core";
import type { EmbeddedPictures } from "../drawing/report-context.js";
import { ExperimentsError } from "../errors.js";

/** Throws unless results are those of an experiment. */
export function checkResults(caller: string, results: unknown): void {
  const { format, version, attributes, config, environment, sample, timings, missing } = (results ?? {}) as Record<
    string,
    unknown
  >;
  const isWhole =
    [attributes, timings, missing].every(Array.isArray) &&
    [config, environment, sample].every((part) => typeof part === "object" && part !== null);
  if (format === "latentflow-results" && version === 1 && isWhole) return;
  throw new ExperimentsError(
    `${caller}: expected the results of an experiment, as results.json holds them, got ${describeValue(results)}.`,
  );
}

export function checkPictures(caller: string, pictures: unknown): void {
  const { strip, movie } = (pictures ?? {}) as Partial<EmbeddedPictures>;
  if (typeof strip === "function" && typeof movie === "function") return;
  throw new ExperimentsError(`${caller}: expected pictures that embedPictures() made, got ${describeValue(pictures)}.`);
}
