import { readFile } from "node:fs/promises";
import { describeDirection, importDirection, sameFingerprint } from "@latentflow/latent-edit";
import { type Edit, editsOf } from "../config/edits.js";
import type { DirectionFile, ExperimentConfig } from "../config/types.js";
import { asError, ConfigError } from "../errors.js";
import { explainFailure } from "../explain-failure.js";
import { codeShapeOf, rowsMovedBy } from "../model/code-shape.js";
import type { DirectionFileRecord, NetworkInfo } from "../results/index.js";
import { hashOf } from "../store/hash.js";
import { isPattern, pathFor } from "./file-paths.js";

/** Paths that are named in one error. */
const NAMED = 6;

type Files = NonNullable<NetworkInfo["files"]>;

/**
 * Looks at the files of all methods that are files, before the first job: reads each as a direction of these networks. A method may have files for
 * some attributes only, but for one at least.
 *
 * @param options.before what the run's files held; what is gone since keeps its results
 * @param options.ready starts the backend on which directions live
 * @returns undefined where no method is a file
 * @throws ConfigError for files that can't be read, hold no direction or one of another generator, width or attribute, and for a method without any
 */
export async function lookAtFiles(
  config: ExperimentConfig,
  networks: NetworkInfo,
  { before = {}, ready }: { before: Files | undefined; ready: () => Promise<void> },
): Promise<Files | undefined> {
  const edits = editsOf(config, networks.attributes);
  const files: Record<string, DirectionFileRecord> = {};
  if (config.methods.every((given) => typeof given === "string")) return undefined;
  await ready();
  for (const [i, given] of config.methods.entries()) {
    if (typeof given === "string") continue;
    const field = `methods[${i}]`;
    const served = await servedBy(field, given, edits, networks);
    for (const [path, edit] of served) {
      const record = (await look(field, given, path, edit, { config, networks })) ?? before[path];
      if (record !== undefined) files[path] = record;
    }
    if (![...served.keys()].some((path) => files[path] !== undefined)) throw nothingFound(field, given, [...served.keys()]);
  }
  return files;
}

/** The paths of a method with an edit that each is for. */
async function servedBy(field: string, given: DirectionFile, edits: readonly Edit[], networks: NetworkInfo) {
  const names = networks.attributes.map(({ name }) => name);
  if (given.attribute !== null && !names.includes(given.attribute))
    throw new ConfigError(`config: expected ${field}.attribute to be one of ${names.join(", ")}, got "${given.attribute}".`);
  const asked = new Set(edits.map(({ name }) => name));
  if (!isPattern(given) && given.attribute === null && asked.size > 1) {
    throw new ConfigError(
      `config: expected ${field} to say for which attribute ${given.file} is, as ${asked.size} are edited. Write {index} or {name} into the path, or { file, attribute }.`,
    );
  }
  const served = new Map<string, Edit>();
  for (const edit of edits) {
    const path = pathFor(given, edit);
    if (path !== null && !served.has(path)) served.set(path, edit);
  }
  return served;
}

/** What a file holds; undefined where there is none. */
async function look(
  field: string,
  given: DirectionFile,
  path: string,
  edit: Edit,
  { config, networks }: { readonly config: ExperimentConfig; readonly networks: NetworkInfo },
): Promise<DirectionFileRecord | undefined> {
  const bytes = await readFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined;
    throw new ConfigError(`config: could not read ${field}, ${path}: ${explainFailure(cause)}.`, { cause });
  });
  if (bytes === undefined) return undefined;
  const { direction, info } = await importDirection(bytes).catch((cause) => {
    throw new ConfigError(`config: could not read ${field}, ${path}: ${asError(cause).message}`, { cause });
  });
  try {
    const { latentDim, rows } = direction;
    const refuse = (expected: string, got: string) => {
      throw new ConfigError(`config: expected ${field}, ${path}, to be a direction of ${expected}, got one of ${got}.`);
    };
    if (latentDim !== networks.latentDim) refuse(`codes of ${networks.latentDim} numbers`, `${latentDim}`);
    const { rowCount } = codeShapeOf(config, networks);
    if (rows !== undefined && rowCount === undefined)
      refuse(
        "whole codes, since a run's are W",
        "some rows of W+ codes; latentflow edit takes it, and a run with rows of its own",
      );
    const last = rowCount === undefined ? 0 : Math.max(...rowsMovedBy(direction, rowCount));
    if (rowCount !== undefined && last >= rowCount) refuse(`rows of ${rowCount}`, `row ${last}`);
    const { fingerprint } = networks.environment.generator;
    if (info.generator !== undefined && !sameFingerprint(fingerprint, info.generator)) refuse("this generator", "another's");
    if (info.attribute !== undefined && info.attribute.name !== edit.name) refuse(edit.name, info.attribute.name);
    const { label, isStraight = false } = describeDirection(direction);
    return {
      method: given.file,
      sha256: hashOf(bytes),
      kind: isStraight ? "linear" : "nonlinear",
      label,
    };
  } finally {
    direction.dispose();
  }
}

function nothingFound(field: string, { file }: DirectionFile, paths: readonly string[]): ConfigError {
  if (paths.length === 0)
    return new ConfigError(`config: expected ${field}, ${file}, to be for an edited attribute, got none that it is for.`);
  const looked = `${paths.slice(0, NAMED).join(", ")}${paths.length > NAMED ? ` and ${paths.length - NAMED} more` : ""}`;
  return new ConfigError(`config: expected ${field} to find a file for an edited attribute, got none; looked for ${looked}.`);
}
