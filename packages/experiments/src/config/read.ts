import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ConfigError } from "../errors.js";
import { resolveConfig } from "./resolve.js";
import type { ExperimentConfig, ModelChoice } from "./types.js";

/**
 * Reads a configuration file: `.json`, or a module (`.js`, `.mjs`, `.ts` where this Node takes TypeScript) whose default export is
 * `defineExperiment({ … })`. Paths in it are relative to it.
 *
 * @throws ConfigError for a file that is missing, can't be read, or has a wrong field
 */
export async function readConfig(path: string): Promise<ExperimentConfig> {
  const file = resolve(path);
  const config = resolveConfig(extname(file) === ".json" ? await readJson(path, file) : await importDefault(path, file));
  return { ...config, model: fromFolder(config.model, dirname(file)) };
}

async function readJson(path: string, file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === "ENOENT" ? "there is none" : cause.message;
    throw new ConfigError(`config: could not read ${path}: ${what}. Give --config another path.`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`config: expected ${path} to hold JSON: ${(cause as Error).message}.`, { cause });
  }
}

async function importDefault(path: string, file: string): Promise<unknown> {
  const module = await import(/* @vite-ignore */ pathToFileURL(file).href).catch((cause: Error) => {
    throw new ConfigError(`config: could not load ${path}: ${cause.message}`, { cause });
  });
  if (module.default !== undefined) return module.default;
  throw new ConfigError(`config: expected ${path} to have a default export, "export default defineExperiment({ … })".`);
}

function fromFolder(model: ModelChoice, folder: string): ModelChoice {
  if (model.kind === "scenes") return model.from === null ? model : { ...model, from: resolve(folder, model.from) };
  if (model.kind === "module") return { ...model, path: resolve(folder, model.path) };
  return { ...model, generator: resolve(folder, model.generator), regressor: resolve(folder, model.regressor) };
}
