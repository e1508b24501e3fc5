import { readFile } from "node:fs/promises";
import { dirname, extname, resolve } from "node:path";
import { describeValue } from "@latentflow/core";
import { ConfigError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import { importFile, whyNotImported } from "../import-file.js";
import type { ExperimentOptions, ModelOptions } from "./types.js";

/**
 * Reads a configuration file: `.json`, or a module (`.js`, `.mjs`, `.ts` where this Node takes TypeScript) whose default export is
 * `defineExperiment({ … })`. Paths in it are relative to it. The fields are checked by `resolveConfig`.
 *
 * @throws ConfigError for a file that is missing or can't be read
 */
export async function readConfig(path: string): Promise<ExperimentOptions> {
  if (path === "") throw new ConfigError("config: expected the path of a configuration, got an empty one.");
  const file = resolve(path);
  const options = extname(file) === ".json" ? await readJson(path, file) : await importDefault(path, file);
  if (typeof options !== "object" || options === null || Array.isArray(options))
    throw new ConfigError(`config: expected ${path} to hold an object, got ${describeValue(options)}.`);
  const { model, extensions, methods } = options as { model?: unknown; extensions?: unknown; methods?: unknown };
  return {
    ...options,
    ...(typeof model === "object" && model !== null && { model: fromFolder(model as Record<string, unknown>, dirname(file)) }),
    ...(typeof extensions === "string" && extensions !== "" && { extensions: resolve(dirname(file), extensions) }),
    ...(Array.isArray(methods) && { methods: methods.map((method) => methodFromFolder(method, dirname(file))) }),
  };
}

async function readJson(path: string, file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const what = cause.code === "ENOENT" ? "there is none" : explainFailure(cause);
    throw new ConfigError(`config: could not read ${path}: ${what}. Give --config another path.`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ConfigError(`config: expected ${path} to hold JSON: ${(cause as Error).message}.`, { cause });
  }
}

async function importDefault(path: string, file: string): Promise<unknown> {
  try {
    // A default export may be a promise, too.
    const options = await (await importFile(file)).default;
    if (options !== undefined) return plain(options);
  } catch (thrown) {
    throw new ConfigError(`config: could not load ${path}: ${whyNotImported(file, thrown)}`, { cause: thrown });
  }
  throw new ConfigError(`config: expected ${path} to have a default export, "export default defineExperiment({ … })".`);
}

/** Settings within settings within …: more than any has. */
const DEEPEST = 20;

/** The settings without what may still run code, getters and proxies: what they throw, they throw here. */
function plain(value: unknown, depth = 0): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth > DEEPEST) throw new Error(`expected settings within at most ${DEEPEST} others, got a circle, or more`);
  if (Array.isArray(value)) return Array.from(value, (item) => plain(item, depth + 1));
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null)
    throw new Error(`expected plain objects of settings, got a ${String((value as object).constructor?.name)}`);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, depth + 1)]));
}

/** Paths of a model, taken from the configuration's folder. */
function fromFolder(model: Record<string, unknown>, folder: string): ModelOptions {
  const whole = (path: unknown) => (typeof path === "string" ? resolve(folder, path) : path);
  const fields = ["from", "path", "generator", "mapping", "regressor", "judge", "embedder", "codes"].filter(
    (key) => key in model,
  );
  const entries = fields.map((key) => {
    const given = model[key];
    const isFile = typeof given === "object" && given !== null && "file" in given;
    return [key, isFile ? { ...given, file: whole(given.file) } : whole(given)];
  });
  return { ...model, ...Object.fromEntries(entries) } as ModelOptions;
}

/** A method that is a file: its path, taken from the configuration's folder. */
function methodFromFolder(method: unknown, folder: string): NonNullable<ExperimentOptions["methods"]>[number] {
  if (typeof method === "string") return method.replace(/^file:(.+)/, (_, path: string) => `file:${resolve(folder, path)}`);
  const { file } = (method ?? {}) as { file?: unknown };
  return typeof file === "string" && file !== "" ? { ...(method as object), file: resolve(folder, file) } : (method as string);
}
