import { join } from "node:path";
import { attributeNames } from "@latentflow/core";
import { Option } from "commander";
import type { ExperimentOptions } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { configureReleased } from "../released/configure.js";
import { RELEASED_NAMES, type ReleasedName } from "../released/datasets.js";
import { findReleased, type ReleasedFiles } from "../released/find-released.js";
import { pathOption } from "./common.js";

export interface ReleasedOptions {
  readonly released?: string;
  readonly dataset?: ReleasedName;
}

export const releasedOption = () =>
  new Option("--released <folder>", "the paper's code with its downloads: the configuration is made of what is there").argParser(
    pathOption,
  );

export const datasetOption = () => new Option("--dataset <name>", "with --released: whose files").choices(RELEASED_NAMES);

/** The configuration of --released and what it is made of; null where that is not given. */
export async function readReleased(
  { released, dataset }: ReleasedOptions,
  config: string | undefined,
): Promise<{ options: ExperimentOptions; files: ReleasedFiles } | null> {
  if (released === undefined) {
    if (dataset !== undefined) throw new ConfigError("--dataset: expected --released beside it, got none.");
    return null;
  }
  if (config !== undefined)
    throw new ConfigError(
      "--released: expected no --config beside it: it makes one of its own. Change single settings by --set.",
    );
  if (dataset === undefined)
    throw new ConfigError(`--released: expected --dataset beside it, one of ${RELEASED_NAMES.join(", ")}, got none.`);
  const files = await findReleased(released, dataset);
  return { options: configureReleased(released, dataset, files), files };
}

/** What was found, line by line. */
export function releasedLines({ released, dataset }: Required<ReleasedOptions>, files: ReleasedFiles, out: string): string[] {
  const names = attributeNames(dataset);
  const { generator, regressor, sizes, flows, codes, inverses } = files;
  const rows: [string, string][] = [
    ["generator", generator],
    ["regressor", regressor],
    [
      "sizes",
      sizes === null ? "not there, and not needed" : `${sizes.file}: ${JSON.stringify(sizes.values)}; the weights decide`,
    ],
    ...flows.map(({ pattern, indices }): [string, string] => {
      return ["flows", `${pattern}: ${indices.map((index) => `${index} ${names[index]}`).join(", ")}`];
    }),
    ["codes", codes === null ? "not there: new ones are drawn" : `${codes.file}: ${codes.count} codes`],
    ...inverses.map((file): [string, string] => {
      return ["photos", `${file}: latentflow edit --out ${out} --codes ${join(released, file)} --rows 0:7`];
    }),
  ];
  return [`Released files of ${dataset} in ${released}:`, ...rows.map(([what, text]) => `  ${what.padEnd(11)}${text}`)];
}
