import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describeValue } from "@latentflow/core";
import { ConfigError } from "../errors.js";
import type { ExperimentOptions, ModelOptions } from "./types.js";

/**
 * Reads a configuration file: `.json`, or a module (`.js`, `.mjs`, `.ts` where this Node takes TypeScript) whose default export is
 * `defineExperiment({ … })`. Paths in it are relative to it. The fields are checked by `resolveConfig`.
 *
 * @throws ConfigError for a file that is missing or can't be read
 */
export async function readConfig(path: string): Promise<ExperimentOptions> {
  const file = resolve(path);
  const options = extname(file) === ".json" ? await readJson(path, file) : await importDefault(path, file);
  if (typeof options !== "object" || options === null)
    throw new ConfigError(`config: expected ${path} to hold an object, got ${describeValue(options)}.`);
  const { model } = options as { model?: unknown };
  if (typeof model !== "object" || model === null) return options;
  return { ...options, model: fromFolder(model as Record<string, unknown>, dirname(file)) };
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

/** Paths of a model, taken from the configuration's folder. */
function fromFolder(model: Record<string, unknown>, folder: string): ModelOptions {
  const paths = ["from", "path", "generator", "regressor"].filter((key) => typeof model[key] === "string");
  return { ...model, ...Object.fromEntries(paths.map((key) => [key, resolve(folder, model[key] as string)])) } as ModelOptions;
}
