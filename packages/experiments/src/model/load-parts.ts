import { pathToFileURL } from "node:url";
import {
  type BundledName,
  EngineError,
  loadBundled,
  type ModelParts,
  type ModelSetup,
  type NetworkFiles,
  readNetworks,
} from "@latentflow/engine";
import type { ModelChoice } from "../config/types.js";
import { ConfigError } from "../errors.js";
import { importFile, whyNotImported } from "../import-file.js";

/**
 * Loads the networks of a configuration onto the current tfjs backend.
 *
 * @throws ConfigError that names the field and the file that could not be loaded, and why
 */
export async function loadParts(choice: ModelChoice): Promise<ModelParts> {
  if (choice.kind === "module") return fromModule(choice.path);
  if (choice.kind !== "files") return bundled(choice.kind, choice.from);
  const { kind: _, ...files } = choice;
  try {
    return await readNetworks(files as NetworkFiles);
  } catch (cause) {
    if (!(cause instanceof EngineError)) throw cause;
    throw new ConfigError(cause.message.replace("loadModel:", "config:"), { cause });
  }
}

function bundled(name: BundledName, from: string | null): Promise<ModelParts> {
  const options = from === null ? {} : { from: pathToFileURL(`${from}/`) };
  return loading("from", from ?? `the networks of ${name}`, () => loadBundled(name, options));
}

async function fromModule(path: string): Promise<ModelParts> {
  const module = await loading("path", path, () => importFile(path));
  if (typeof module.default !== "function") {
    throw new ConfigError(`config: expected model.path ${path} to export a function that makes the model by default.`);
  }
  const parts = await loading("path", path, async () => (module.default as ModelSetup)());
  const isFunction = (...members: unknown[]) => members.some((member) => typeof member === "function");
  const areNetworks =
    isFunction(parts?.generator?.synthesize, parts?.generator?.toOnnx) &&
    isFunction(parts?.regressor?.logits, parts?.regressor?.toOnnx);
  const isReady = isFunction(parts?.model?.synthesize) && isFunction(parts?.model?.logits);
  if ((areNetworks || isReady) && isFunction(parts?.sampleCodes)) return parts;
  throw new ConfigError(
    `config: expected model.path ${path} to give { name, generator, regressor, sampleCodes } or { name, model, sampleCodes }.`,
  );
}

/** Says which field of the configuration, and which file, could not be loaded. */
async function loading<T>(field: string, path: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError(`config: could not load model.${field}, ${path}: ${whyNotImported(path, cause)}`, { cause });
  }
}
