import { resolve } from "node:path";
import { checkChoice, checkNumber, checkOptions, describeValue } from "@latentflow/core";
import { ConfigError } from "../errors.js";
import { methodOf } from "../methods/index.js";
import { folderName } from "./edits.js";
import { checkTogether, LIMITS, type Limits, limited, SINGULAR_VALUES } from "./limits.js";
import { PRESETS } from "./presets.js";
import type { AttributeEdit, ExperimentConfig, ExperimentOptions, ModelChoice } from "./types.js";

/** Gives an experiment's options their type, for a configuration file: `export default defineExperiment({ … })`. */
export function defineExperiment(options: ExperimentOptions): ExperimentOptions {
  return options;
}

/**
 * Checks a configuration and completes it.
 *
 * @throws ConfigError that names the field, such as "config: expected train.iterations to be an integer ≥ 1, got 0."
 */
export function resolveConfig(options: unknown = {}): ExperimentConfig {
  if (options === null) throw new ConfigError("config: expected an object of settings, got null.");
  checkOptions("config", options as object, ["preset", ...Object.keys(PRESETS.paper)], ConfigError);
  const given = options as ExperimentOptions;
  const preset = or(given.preset, "paper");
  checkChoice("config", "preset", preset, Object.keys(PRESETS), ConfigError);
  const base = PRESETS[preset];
  const config: ExperimentConfig = {
    name: text("name", or(given.name, base.name)),
    seed: checkNumber("config", "seed", or(given.seed, base.seed), { min: 0, max: MAX_SEED, integer: true }, ConfigError),
    model: given.model === undefined ? base.model : modelChoice(given.model),
    truncation: checkNumber("config", "truncation", or(given.truncation, base.truncation), { above: 0, max: 1 }, ConfigError),
    attributes: attributeEdits(or<unknown>(given.attributes, base.attributes)),
    methods: methodList(or(given.methods, base.methods)),
    sample: numbers("sample", given.sample, base.sample, LIMITS.sample),
    fit: numbers("fit", given.fit, base.fit, LIMITS.fit),
    train: numbers("train", given.train, base.train, LIMITS.train),
    evaluate: evaluation(given.evaluate, base.evaluate),
    analyze: analysis(given.analyze, base.analyze),
    pictures: numbers("pictures", given.pictures, base.pictures, LIMITS.pictures),
  };
  checkTogether(config);
  return config;
}

/** Seeds are 32 bits in some packages. */
export const MAX_SEED = 2 ** 32 - 1;

const [LONGEST_LIST, LONGEST_TEXT] = [10_000, 10_000];

/** A field that is left out takes its default; null is a mistake like any other value. */
function or<T>(value: T | undefined, standard: T): T {
  return value === undefined ? standard : value;
}

/** A section whose fields are all numbers. */
function numbers<T extends object>(
  section: string,
  given: unknown,
  base: T,
  limits: Readonly<Record<keyof T & string, Limits>>,
): T {
  checkOptions(`config.${section}`, given as object | undefined, Object.keys(base), ConfigError);
  const fields = (Object.keys(limits) as (keyof T & string)[]).map((key) => {
    const value = or((given as Partial<T> | undefined)?.[key], base[key]);
    return [key, limited(`${section}.${key}`, value, limits[key])];
  });
  return Object.fromEntries(fields) as T;
}

function evaluation(given: ExperimentOptions["evaluate"], base: ExperimentConfig["evaluate"]): ExperimentConfig["evaluate"] {
  checkOptions("config.evaluate", given, Object.keys(base), ConfigError);
  const { control: wanted, ...rest } = given ?? {};
  const { control: standard, ...numeric } = base;
  const control = checkChoice("config", "evaluate.control", or(wanted, standard), ["target", "changed"] as const, ConfigError);
  return { ...numbers("evaluate", rest, numeric, LIMITS.evaluate), control };
}

function analysis(given: ExperimentOptions["analyze"], base: ExperimentConfig["analyze"]): ExperimentConfig["analyze"] {
  checkOptions("config.analyze", given, Object.keys(base), ConfigError);
  const { k: wanted, probe: wantedProbe, ...rest } = given ?? {};
  const { k: standard, probe: standardProbe, ...numeric } = base;
  const probes = ["neighbours", "rbf-svm"] as const;
  const probe = checkChoice("config", "analyze.probe", or(wantedProbe, standardProbe), probes, ConfigError);
  const chosen = or(wanted, standard);
  const k = chosen === null ? null : limited("analyze.k", chosen, SINGULAR_VALUES);
  return { ...numbers("analyze", rest, numeric, LIMITS.analyze), k, probe };
}

function modelChoice(given: unknown): ModelChoice {
  if (given === "scenes") return { kind: "scenes", from: null };
  if (typeof given !== "object" || given === null) {
    throw new ConfigError(`config: expected model to be "scenes" or an object with a kind, got ${describeValue(given)}.`);
  }
  const fields = given as Record<string, unknown>;
  const kind = checkChoice("config", "model.kind", fields.kind, ["scenes", "module", "files"] as const, ConfigError);
  if (kind === "scenes") {
    checkOptions("config.model", fields, ["kind", "from"], ConfigError);
    return { kind, from: fields.from === undefined || fields.from === null ? null : path("model.from", fields.from) };
  }
  if (kind === "module") {
    checkOptions("config.model", fields, ["kind", "path"], ConfigError);
    return { kind, path: path("model.path", fields.path) };
  }
  checkOptions("config.model", fields, ["kind", "generator", "regressor", "attributes"], ConfigError);
  return {
    kind,
    generator: path("model.generator", fields.generator),
    regressor: path("model.regressor", fields.regressor),
    attributes: list("model.attributes", fields.attributes).map((name, i) => attributeName(`model.attributes[${i}]`, name)),
  };
}

function attributeEdits(given: unknown): ExperimentConfig["attributes"] {
  if (given === "all") return given;
  const edits = list("attributes", given).map((entry, i): AttributeEdit => {
    const field = `attributes[${i}]`;
    if (typeof entry === "string") return { name: attributeName(field, entry), from: 0, to: null };
    checkOptions(`config.${field}`, entry as object, ["name", "from", "to"], ConfigError);
    const { name, from, to } = (entry ?? {}) as Partial<AttributeEdit>;
    const label = (key: string, value: unknown) =>
      checkNumber("config", `${field}.${key}`, value, { min: 0, integer: true }, ConfigError);
    return {
      name: attributeName(`${field}.name`, name),
      from: label("from", or(from, 0)),
      to: to === undefined || to === null ? null : label("to", to),
    };
  });
  return unique(
    "attributes",
    edits,
    ({ name, from, to }) => JSON.stringify([name, from, to]),
    ({ name }) => name,
  );
}

function methodList(given: unknown): string[] {
  const ids = list("methods", given).map((id, i) => methodOf(text(`methods[${i}]`, id), `methods[${i}]`).id);
  return unique("methods", ids, (id) => id);
}

function list(field: string, value: unknown): unknown[] {
  if (Array.isArray(value) && value.length > LONGEST_LIST)
    throw new ConfigError(`config: expected ${field} to have at most ${LONGEST_LIST} entries, got ${value.length}.`);
  if (Array.isArray(value) && value.length > 0) return value;
  const all = field === "attributes" ? `, or "all"` : "";
  throw new ConfigError(`config: expected ${field} to be a list with an entry or more${all}, got ${describeValue(value)}.`);
}

/** @param key what must differ; @param name what to call it in the error */
function unique<T>(field: string, items: T[], key: (item: T) => string, name: (item: T) => string = key): T[] {
  const twice = items.find((item, i) => items.findIndex((other) => key(other) === key(item)) !== i);
  if (twice === undefined) return items;
  throw new ConfigError(`config: expected ${field} to name each once, got ${JSON.stringify(name(twice))} twice.`);
}

function text(field: string, value: unknown): string {
  if (typeof value === "string" && value.length > LONGEST_TEXT)
    throw new ConfigError(`config: expected ${field} to have at most ${LONGEST_TEXT} characters, got ${value.length}.`);
  if (typeof value === "string" && value !== "") return value;
  throw new ConfigError(`config: expected ${field} to be a text, got ${describeValue(value)}.`);
}

/** A name after which a folder can be called. */
function attributeName(field: string, value: unknown): string {
  const name = text(field, value);
  folderName(field, name);
  return name;
}

/** A whole path: the same file from whichever folder a run goes on. */
function path(field: string, value: unknown): string {
  return resolve(text(field, value));
}
