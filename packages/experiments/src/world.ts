import type { Attribute } from "@latentflow/core";
import { checkChoice, checkNumber } from "@latentflow/core";
import type { ExperimentConfig } from "./config/types.js";
import { ConfigError } from "./errors.js";
import type { Environment } from "./results.js";

/** What an experiment knows about its networks without loading them: kept in `run.json`. */
export interface World {
  readonly attributes: readonly Attribute[];
  readonly latentDim: number;
  readonly environment: Environment;
}

/** An edited attribute with everything filled in. */
export interface Edit {
  readonly name: string;
  /** Index among the regressor's attributes. */
  readonly index: number;
  readonly classes: number;
  readonly from: number;
  readonly to: number;
  /** Name as a folder's. */
  readonly slug: string;
}

/**
 * The edits of a configuration, checked against the regressor's attributes.
 *
 * @throws ConfigError that names the field
 */
export function editsOf(config: ExperimentConfig, attributes: readonly Attribute[]): Edit[] {
  if (config.attributes === "all") return attributes.map((_, index) => editOf(attributes, index));
  const names = attributes.map(({ name }) => name);
  return config.attributes.map(({ name, from, to }, i) => {
    const field = `attributes[${i}]`;
    checkChoice("config", `${field}.name`, name, names, ConfigError);
    const index = names.indexOf(name);
    const limits = { min: 0, max: attributes[index]!.classes - 1, integer: true };
    const edit = editOf(attributes, index);
    checkNumber("config", `${field}.from`, from, limits, ConfigError);
    checkNumber("config", `${field}.to`, to ?? edit.to, limits, ConfigError);
    if (from === (to ?? edit.to)) throw new ConfigError(`config: expected ${field} to go to another class, got ${from} twice.`);
    return { ...edit, from, to: to ?? edit.to };
  });
}

/** From the first class to the last, as in the paper. */
export function editOf(attributes: readonly Attribute[], index: number): Edit {
  const { name, classes } = attributes[index]!;
  const plain = (text: string) => text.normalize().replace(/[^\p{L}\p{N}_-]+/gu, "_") || "_";
  // Some file systems take two names that differ in letters' case for one.
  const clash = attributes.some((other, i) => i !== index && plain(other.name).toLowerCase() === plain(name).toLowerCase());
  return { name, index, classes, from: 0, to: classes - 1, slug: clash ? `${plain(name)}.${index}` : plain(name) };
}
