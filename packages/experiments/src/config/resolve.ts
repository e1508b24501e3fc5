import { ConfigError } from "../errors.js";
import { explainIssues } from "./messages.js";
import { underTodaysNames } from "./old-names.js";
import { onPreset } from "./presets.js";
import { experimentSchema } from "./schema.js";
import type { ExperimentConfig } from "./types.js";

/**
 * Checks a configuration and completes it.
 *
 * @param methods ids of all methods that there are; where the configuration names `extensions`, there may be others
 * @throws ConfigError that names each field that is wrong, such as "config: expected train.iterations to be an integer ≥ 1, got 0."
 */
export function completeConfig(options: unknown, methods: readonly string[]): ExperimentConfig {
  const { extensions } = (options ?? {}) as { readonly extensions?: unknown };
  const { data, error } = experimentSchema(extensions === undefined ? methods : null).safeParse(
    onPreset(underTodaysNames(options)),
  );
  if (error) throw new ConfigError(explainIssues(error.issues));
  return data;
}
