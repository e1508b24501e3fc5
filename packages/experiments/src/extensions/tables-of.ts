import type { ExperimentConfig } from "../config/types.js";
import type { Tables } from "../experiment/experiment.js";
import { type Extensions, tablesWith } from "./extensions.js";
import { loadExtensions } from "./load-extensions.js";

/**
 * All methods and analyses that a configuration may use: those that come along, those that a program gives, those of its module.
 *
 * @throws ConfigError for a module that can't be loaded, and extensions that are none
 */
export async function tablesOf(
  caller: string,
  { extensions: path }: Pick<ExperimentConfig, "extensions">,
  given: Extensions = {},
): Promise<Tables> {
  const tables = tablesWith(caller, given);
  if (path === undefined) return tables;
  const loaded = await loadExtensions(path);
  tablesWith(`extensions of ${path}`, loaded);
  return tablesWith(caller, {
    methods: [...(given.methods ?? []), ...(loaded.methods ?? [])],
    analyses: [...(given.analyses ?? []), ...(loaded.analyses ?? [])],
  });
}
