import { checkChoice, type DeclaredOptions, describeValue, type GivenOptions, isList, readOptions } from "@latentflow/core";
import type { Analysis } from "../analyses/analysis.js";
import { ANALYSES } from "../analyses/index.js";
import { ConfigError } from "../errors.js";
import type { Tables } from "../experiment/experiment.js";
import { METHODS } from "../methods/index.js";
import type { Method } from "../methods/method.js";
import { viewsOf } from "../steps/index.js";

const EXTENSIONS = {
  methods: { default: [], is: isList<Method>, expected: "a list" },
  analyses: { default: [], is: isList<Analysis>, expected: "a list" },
} as const satisfies DeclaredOptions;

/** Methods and analyses from outside, which join those that come along. */
export interface Extensions extends GivenOptions<typeof EXTENSIONS> {}

/** Gives extensions their type, for a module: `export default defineExtensions({ … })`. */
export function defineExtensions(extensions: Extensions): Extensions {
  return extensions;
}

/**
 * Those that come along, and those from outside.
 *
 * @throws ConfigError for an extension that is none, or whose name is taken
 */
export function tablesWith(caller: string, extensions: Extensions = {}): Tables {
  const declared = { extensions: { options: EXTENSIONS } } as const;
  const { methods, analyses } = readOptions(caller, declared, { extensions }, ConfigError).extensions;
  for (const [i, method] of methods.entries()) checkMethod(caller, `extensions.methods[${i}]`, method);
  for (const [i, analysis] of analyses.entries()) checkAnalysis(caller, `extensions.analyses[${i}]`, analysis);
  const tables = { methods: [...METHODS, ...methods], analyses: [...ANALYSES, ...analyses] };
  checkDistinct(
    caller,
    "id",
    [...tables.methods, ...tables.analyses, { id: "comparison" }].map(({ id }) => id),
  );
  checkDistinct(
    caller,
    "csv.file",
    viewsOf(tables.analyses).flatMap(({ csv }) => csv?.file ?? []),
  );
  return tables;
}

/** A folder is called after it, and job names part at "_". */
const METHOD_ID = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const ANALYSIS_ID = /^[A-Za-z][A-Za-z0-9]{0,63}$/;

function checkMethod(caller: string, field: string, method: Method): void {
  checkObject(caller, field, method, "{ id, label, kind, step, find }");
  const { id, label, kind, step, find } = method;
  checkId(caller, `${field}.id`, id, METHOD_ID, "letters, digits and hyphens, a letter first, at most 64");
  if (typeof label !== "string" || label === "")
    throw new ConfigError(`${caller}: expected ${field}.label to be a text, got ${describeValue(label)}.`);
  checkChoice(caller, `${field}.kind`, kind, ["linear", "nonlinear"], ConfigError);
  checkChoice(caller, `${field}.step`, step, ["fit", "train"], ConfigError);
  checkFunctions(
    caller,
    field,
    { find },
    { settings: method.settings, needs: method.needs, cost: method.cost, check: method.check, fault: method.fault },
  );
}

function checkAnalysis(caller: string, field: string, analysis: Analysis): void {
  checkObject(caller, field, analysis, "{ id, of, compute, csv?, section? }");
  const { id, of, compute, csv, section } = analysis;
  checkId(caller, `${field}.id`, id, ANALYSIS_ID, "letters and digits, a letter first, at most 64");
  checkChoice(caller, `${field}.of`, of, ["method", "attribute"], ConfigError);
  checkFunctions(caller, field, { compute }, { settings: analysis.settings, cost: analysis.cost });
  if (csv !== undefined) {
    checkObject(caller, `${field}.csv`, csv, "{ file, about, columns, rows }");
    checkId(caller, `${field}.csv.file`, csv.file, /^[A-Za-z0-9][A-Za-z0-9-]{0,63}\.csv$/, "a file's name in .csv");
    if (!Array.isArray(csv.columns) || !csv.columns.every((column) => typeof column === "string"))
      throw new ConfigError(`${caller}: expected ${field}.csv.columns to be a list of texts, got ${describeValue(csv.columns)}.`);
    checkFunctions(caller, `${field}.csv`, { rows: csv.rows }, {});
  }
  if (section === undefined) return;
  checkObject(caller, `${field}.section`, section, "{ place, draw }");
  checkChoice(caller, `${field}.section.place`, section.place, ["lead", "attribute", "experiment"], ConfigError);
  checkFunctions(caller, `${field}.section`, { draw: section.draw }, {});
}

function checkObject(caller: string, field: string, value: unknown, what: string): void {
  if (typeof value === "object" && value !== null) return;
  throw new ConfigError(`${caller}: expected ${field} to be ${what}, got ${describeValue(value)}.`);
}

function checkId(caller: string, field: string, id: unknown, pattern: RegExp, what: string): void {
  if (typeof id === "string" && pattern.test(id)) return;
  throw new ConfigError(`${caller}: expected ${field} to be ${what}, got ${describeValue(id)}.`);
}

function checkFunctions(caller: string, field: string, needed: Record<string, unknown>, optional: Record<string, unknown>): void {
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  for (const [name, value] of [...Object.entries(needed), ...given]) {
    if (typeof value === "function") continue;
    throw new ConfigError(`${caller}: expected ${field}.${name} to be a function, got ${describeValue(value)}.`);
  }
}

function checkDistinct(caller: string, field: string, all: readonly string[]): void {
  // Folders and files are called after them, and some file systems take two names that differ in letters' case for one.
  const twice = all.find((one, i) => all.findIndex((other) => other.toLowerCase() === one.toLowerCase()) !== i);
  if (twice === undefined) return;
  throw new ConfigError(`${caller}: expected every ${field} of methods and analyses once, got ${JSON.stringify(twice)} twice.`);
}
