import { ConfigError } from "../errors.js";
import { explainIssues } from "./messages.js";
import { onPreset } from "./presets.js";
import { experiment } from "./schema.js";
import type { ExperimentConfig, ExperimentOptions } from "./types.js";

/** Gives an experiment's options their type, for a configuration file: `export default defineExperiment({ … })`. */
export function defineExperiment(options: ExperimentOptions): ExperimentOptions {
  return options;
}

/**
 * Checks a configuration and completes it.
 *
 * @throws ConfigError that names each field that is wrong, such as "config: expected train.iterations to be an integer ≥ 1, got 0."
 */
export function resolveConfig(options: unknown = {}): ExperimentConfig {
  const { data, error } = experiment.safeParse(onPreset(options));
  if (error) throw new ConfigError(explainIssues(error.issues));
  return data;
}
