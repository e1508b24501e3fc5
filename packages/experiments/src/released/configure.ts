import { resolve } from "node:path";
import { attributeNames, checkChoice } from "@latentflow/core";
import { checkText } from "../checks.js";
import type { ExperimentOptions } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { RELEASED_DATASETS, RELEASED_NAMES, type ReleasedName } from "./datasets.js";
import { findReleased, type ReleasedFiles } from "./find-released.js";

export type { ReleasedName } from "./datasets.js";

/** Codes that the paper's preset learns from, and those that it measures on. */
const [CODES, HELD_OUT] = [20_000, 10_000];

/**
 * The configuration that `latentflow run --released` makes of the files that the paper's code released, in the layout of its folders.
 *
 * @param path folder of the paper's code, with its downloads in it
 * @throws ConfigError without a generator and a regressor, and for files that are not what they are called
 */
export async function releasedExperiment(path: string, dataset: ReleasedName): Promise<ExperimentOptions> {
  checkText("releasedExperiment", "path", path, "a folder's path");
  checkChoice("releasedExperiment", "dataset", dataset, RELEASED_NAMES, ConfigError);
  return configureReleased(path, dataset, await findReleased(path, dataset));
}

/**
 * The experiment of the paper with what is there of its released files: the attributes that it has flows for (else those of its text), its flows beside the straight edits, and what it
 * released none of, trained. Paths are whole.
 *
 * @param path the folder that the files were found in
 */
export function configureReleased(path: string, dataset: ReleasedName, files: ReleasedFiles): ExperimentOptions {
  const names = attributeNames(dataset);
  const { truncation, attributes } = RELEASED_DATASETS[dataset];
  const { generator, regressor, flows, codes } = files;
  const whole = (file: string) => resolve(path, file);
  const edited = [...new Set(flows.flatMap(({ indices }) => indices))].sort((a, b) => a - b);
  const unknown = edited.find((index) => index >= names.length);
  if (unknown !== undefined)
    throw new ConfigError(
      `--released: expected flows of ${dataset}'s ${names.length} attributes, from 0, got ckpt_${unknown}.pt. Is it another data set's?`,
    );
  const released = flows.map(({ depth, pattern }) => ({
    file: whole(pattern),
    label: depth < 0 ? "released constant" : `released flow, depth ${depth}`,
  }));
  const has = (depth: number) => flows.some((one) => one.depth === depth);
  return {
    preset: "paper",
    name: `${dataset}, released files`,
    model: {
      kind: "files",
      generator: whole(generator),
      regressor: whole(regressor),
      attributes: names,
      ...(codes !== null && { codes: whole(codes.file) }),
    },
    truncation,
    attributes: edited.length > 0 ? edited.map((index) => names[index]!) : attributes,
    methods: ["interfacegan", "projected", ...(has(-1) ? [] : ["constant"]), ...(has(1) ? [] : ["ode-1"]), ...released],
    ...(codes !== null && codes.count < CODES + HELD_OUT && { sample: parted(codes.count) }),
  };
}

/** Two thirds to learn from, as the preset has it; the rest to measure on. */
function parted(count: number): { codes: number; heldOut: number } {
  const codes = Math.floor((count * CODES) / (CODES + HELD_OUT));
  return { codes, heldOut: count - codes };
}
