import { completeConfig } from "../config/resolve.js";
import type { ExperimentConfig, ExperimentOptions } from "../config/types.js";
import { METHODS } from "../methods/index.js";

/** Gives an experiment's options their type, for a configuration file: `export default defineExperiment({ … })`. */
export function defineExperiment(options: ExperimentOptions): ExperimentOptions {
  return options;
}

/**
 * Checks a configuration and completes it. Methods are checked against those that come along, or where it names `extensions`, when these are loaded.
 *
 * @throws ConfigError that names the field, such as "config: expected train.iterations to be an integer ≥ 1, got 0."
 */
export function resolveConfig(options: unknown = {}): ExperimentConfig {
  return completeConfig(options, METHODS);
}
