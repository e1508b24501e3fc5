import { checkChoice } from "@latentflow/core";
import type { Analysis } from "../analyses/analysis.js";
import { type Edit, editOf, editsOf } from "../config/edits.js";
import type { ExperimentConfig } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { fileMethod } from "../methods/file.js";
import type { Method } from "../methods/method.js";
import { checkRows } from "../model/code-shape.js";
import type { NetworkInfo } from "../results/index.js";

/** A configuration with everything looked up that it names: what all steps begin with. */
export interface Experiment {
  readonly config: ExperimentConfig;
  readonly networks: NetworkInfo;
  readonly edits: readonly Edit[];
  /** In the configuration's order. */
  readonly methods: readonly Method[];
  readonly analyses: readonly Analysis[];
}

/** All methods and analyses that an experiment may use. */
export interface Tables {
  readonly methods: readonly Method[];
  readonly analyses: readonly Analysis[];
}

/** @throws ConfigError for an attribute, a method or rows that there are not */
export function experimentOf(config: ExperimentConfig, networks: NetworkInfo, tables: Tables): Experiment {
  checkRows(config, networks);
  return {
    config,
    networks,
    edits: editsOf(config, networks.attributes),
    methods: methodsOf(config, tables, networks.files),
    analyses: tables.analyses,
  };
}

/**
 * @param files what the files of directions hold, of methods that are files
 * @throws ConfigError for a method that there is not
 */
function methodsOf(
  { methods }: Pick<ExperimentConfig, "methods">,
  tables: Pick<Tables, "methods">,
  files: NonNullable<NetworkInfo["files"]> = {},
): Method[] {
  const ids = tables.methods.map(({ id }) => id);
  const taken = new Set(ids);
  return methods.map((given, i) => {
    if (typeof given !== "string") {
      const method = fileMethod(given, files, taken);
      taken.add(method.id);
      return method;
    }
    checkChoice("config", `methods[${i}]`, given, ids, ConfigError);
    return tables.methods[ids.indexOf(given)]!;
  });
}

/** One edit of every attribute of the regressor: the edited ones as configured, the others from their first class to their last. */
export function editsOfAll({ networks: { attributes }, edits }: Pick<Experiment, "networks" | "edits">): Edit[] {
  return attributes.map((_, index) => edits.find((edit) => edit.index === index) ?? editOf(attributes, index));
}
