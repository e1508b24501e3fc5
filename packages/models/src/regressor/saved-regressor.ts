import { writeSafetensors } from "@latentflow/checkpoints";
import { readOptions } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { NamedTensors } from "../tensors-by-name.js";
import { FILE, type RegressorFileOptions, type RegressorPlan } from "./read-regressor.js";

const FORMAT = "latentflow FactorRegressor";
const METADATA = "regressor";

/** A state dict as it was read, and beside it all that was given or taken for granted, so that it is read the same again. */
export function writeRegressor(tensors: NamedTensors, { architecture, attributes, preprocessing, options }: RegressorPlan) {
  const { activation, heads, imageSize } = options;
  const names = attributes.map(({ name }) => name);
  const settings = { attributes: names, preprocessing, activation, heads, imageSize };
  return writeSafetensors(tensors, { format: FORMAT, architecture, [METADATA]: JSON.stringify(settings) });
}

/** What a file of `writeRegressor` says beside its tensors; nothing for other files. */
export function savedOptions(caller: string, metadata: ReadonlyMap<string, string>): RegressorFileOptions {
  const text = metadata.get(METADATA);
  if (text === undefined || metadata.get("format") !== FORMAT) return {};
  let settings: object;
  try {
    settings = JSON.parse(text);
  } catch {
    throw new ModelsError(`${caller}: expected the file's settings to have the form of JSON, got ${text.slice(0, 200)}.`);
  }
  return readOptions(`${caller}: the file's settings`, FILE, settings, ModelsError);
}
