import { ConfigError } from "../errors.js";
import { explainIssues } from "./messages.js";
import { underTodaysNames } from "./old-names.js";
import { onPreset } from "./presets.js";
import { experimentSchema } from "./schema.js";
import type { ExperimentConfig } from "./types.js";

/** What a method says about configurations that name it; see `Method`. */
interface ConfiguredMethod {
  readonly id: string;
  fault?(config: ExperimentConfig): string | undefined;
}

/**
 * Checks a configuration and completes it.
 *
 * @param methods all that there are; where the configuration names `extensions`, there may be others
 * @throws ConfigError that names each field that is wrong, such as "config: expected train.iterations to be an integer ≥ 1, got 0."
 */
export function completeConfig(options: unknown, methods: readonly ConfiguredMethod[]): ExperimentConfig {
  const { extensions } = (options ?? {}) as { readonly extensions?: unknown };
  const ids = methods.map(({ id }) => id);
  const { data, error } = experimentSchema(extensions === undefined ? ids : null).safeParse(onPreset(underTodaysNames(options)));
  if (error) throw new ConfigError(explainIssues(error.issues));
  checkForMethods(data, methods);
  return data;
}

/** @throws ConfigError for settings with which a method that they name can't do */
export function checkForMethods(config: ExperimentConfig, methods: readonly ConfiguredMethod[]): void {
  const faults = methods.flatMap((method) => (config.methods.includes(method.id) ? (method.fault?.(config) ?? []) : []));
  if (faults.length > 0) throw new ConfigError([...new Set(faults)].map((fault) => `config: ${fault}`).join("\n"));
}
