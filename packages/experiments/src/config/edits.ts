import type { Attribute } from "@latentflow/core";
import { checkChoice, checkNumber } from "@latentflow/core";
import { ConfigError } from "../errors.js";
import { folderName, plainName } from "./folder-name.js";
import type { ExperimentConfig } from "./types.js";

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
 * The edits of a configuration, checked against the regressor's attributes. Of several edits of one attribute the first has the attribute's
 * folder; the others' are named by their classes, too.
 *
 * @throws ConfigError that names the field
 */
export function editsOf(config: ExperimentConfig, attributes: readonly Attribute[]): Edit[] {
  if (config.attributes === "all") return attributes.map((_, index) => editOf(attributes, index));
  const names = attributes.map(({ name }) => name);
  const edits: Edit[] = [];
  for (const [i, { name, from, to }] of config.attributes.entries()) {
    const field = `attributes[${i}]`;
    checkChoice("config", `${field}.name`, name, names, ConfigError);
    const index = names.indexOf(name);
    const limits = { min: 0, max: attributes[index]!.classes - 1, integer: true };
    const edit = { ...editOf(attributes, index), from };
    checkNumber("config", `${field}.from`, from, limits, ConfigError);
    edit.to = checkNumber("config", `${field}.to`, to ?? edit.to, limits, ConfigError);
    if (from === edit.to) throw new ConfigError(`config: expected ${field} to go to another class, got ${from} twice.`);
    const before = edits.filter((other) => other.index === index);
    if (before.some((other) => other.from === from && other.to === edit.to))
      throw new ConfigError(`config: expected attributes to name each edit once, got ${name} from ${from} to ${edit.to} twice.`);
    edits.push(before.length === 0 ? edit : { ...edit, slug: `${edit.slug}.${from}-${edit.to}` });
  }
  return edits;
}

/** From the first class to the last, as in the paper. */
export function editOf(attributes: readonly Attribute[], index: number): Edit {
  const { name, classes } = attributes[index]!;
  const plain = folderName("the regressor's attributes", name);
  // Some file systems take two names that differ in letters' case for one.
  const clash = attributes.some((other, i) => i !== index && plainName(other.name).toLowerCase() === plain.toLowerCase());
  return { name, index, classes, from: 0, to: classes - 1, slug: clash ? `${plain}.${index}` : plain };
}

/** What each edit is called on a command line: by its attribute; further ones of one attribute by their folders, "size" and then "size.1-0". */
export function editIds(edits: readonly Edit[]): string[] {
  return edits.map((edit) => (edits.find(({ name }) => name === edit.name) === edit ? edit.name : edit.slug));
}
