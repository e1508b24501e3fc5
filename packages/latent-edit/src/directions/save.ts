import { type CheckpointSource, readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { type DeclaredOptions, describeValue, type GivenOptions, isGiven, readOptions } from "@latentflow/core";
import { LatentEditError } from "../errors.js";
import { MODEL } from "../input/checks.js";
import { type Fingerprint, fingerprint, sameFingerprint } from "../model/fingerprint.js";
import { checkDirection } from "./check-direction.js";
import type { Direction } from "./direction.js";
import { kindNamed, kindNames } from "./index.js";
import { settingsOfToday } from "./old-names.js";
import { MOST_ROWS, type RowList, type RowRange, rowsOf } from "./rows.js";
import type { FlowSolver } from "./solver.js";
import type { TrainSettings } from "./train-settings.js";

const INFO = {
  /** What the edit changes. */
  attribute: {
    optional: true,
    options: {
      name: { is: isGiven<string>, expected: "a text" },
      index: { min: 0, integer: true },
      from: { min: 0, integer: true },
      to: { min: 0, integer: true },
    },
  },
  /** `fingerprint(model)` of the generator the direction belongs to. */
  generator: {
    optional: true,
    is: (value: unknown): value is Fingerprint => Array.isArray(value) && value.length > 0 && value.every(Number.isFinite),
    expected: "what fingerprint(model) gave",
  },
  /** How it was trained, or found. */
  training: {
    optional: true,
    is: (value: unknown): value is TrainSettings | Readonly<Record<string, unknown>> =>
      typeof value === "object" && value !== null && !Array.isArray(value),
    expected: "an object of settings",
  },
} as const satisfies DeclaredOptions;

/** What a file says about a direction besides its weights. */
export interface DirectionInfo extends GivenOptions<typeof INFO> {}

const INFO_NAMES = ["attribute", "generator", "training"] as const satisfies readonly (keyof typeof INFO)[];

/** Header entries that are not a kind's own. */
const COMMON: readonly string[] = ["format", "version", "kind", "latentDim", "solver", "rows", ...INFO_NAMES];

const FORMAT = "latentflow-direction";

/**
 * A direction as a safetensors file.
 *
 * Header (`__metadata__`, all texts): `format` "latentflow-direction", `version` "1", `kind` "linear", "neural-ode" or a registered one, `latentDim`, `depth` and
 * `negativeSlope` (neural-ode; of other kinds, the settings of their description), and as JSON `solver`, `rows` (of W+ codes, those that move), `attribute`, `generator`, `training`. Tensors: `direction` [d], or the paper's keys
 * `odefunc.model.…` (see `toStateDict`), so that the file loads in PyTorch too.
 */
export async function saveDirection(direction: Direction, info: DirectionInfo = {}): Promise<Uint8Array> {
  checkDirection("saveDirection", direction);
  readOptions("saveDirection", INFO, info, LatentEditError);
  const entry = kindNamed(direction.kind);
  if (entry === undefined) {
    throw new LatentEditError(
      `saveDirection: expected a direction of kind ${kindNames().join(" or ")}, got ${JSON.stringify(direction.kind)}; make it known with registerDirection.`,
    );
  }
  const { settings } = entry.describe(direction);
  const taken = Object.keys(settings).filter((key) => COMMON.includes(key));
  if (taken.length > 0) {
    throw new LatentEditError(
      `saveDirection: expected settings with names other than ${taken.join(", ")}; every file has these.`,
    );
  }
  const { latentDim, solver, rows } = direction;
  if (rows !== undefined) rowsOf("saveDirection", rows, MOST_ROWS);
  const json = { ...info, ...(solver && { solver }), ...(rows && { rows }) };
  return writeSafetensors(await entry.save(direction), {
    format: FORMAT,
    version: "1",
    kind: entry.kind,
    latentDim: String(latentDim),
    ...mapValues(settings, String),
    ...mapValues(json, (value) => JSON.stringify(value)),
  });
}

/** Whether a safetensors file says that it is a direction's. */
export function isDirectionFile(metadata: ReadonlyMap<string, string>): boolean {
  return metadata.get("format") === FORMAT;
}

function mapValues<T>(record: Readonly<Record<string, T>> | object, f: (value: T) => string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, f(value)]));
}

const LOAD = {
  /** When given, the file's fingerprint, if it has one, must be that of the model's generator. */
  model: { ...MODEL, optional: true },
} as const satisfies DeclaredOptions;

/**
 * Reads what `saveDirection` wrote, of every kind that the package has or that was registered. What it is says `instanceof`. With `model`, the file's
 * fingerprint, if it has one, must be that of the model's generator.
 *
 * @throws LatentEditError for other files, unknown kinds, or another generator's direction
 */
export async function loadDirection(
  source: CheckpointSource,
  options: GivenOptions<typeof LOAD> = {},
): Promise<{ direction: Direction; info: DirectionInfo }> {
  const { model } = readOptions("loadDirection", LOAD, options, LatentEditError);
  if (!(typeof source === "string" || (typeof source === "object" && source !== null))) {
    throw new LatentEditError(
      `loadDirection: expected the bytes of a file that saveDirection() wrote, a Blob, or its path, got ${describeValue(source)}.`,
    );
  }
  const { tensors, metadata } = await readSafetensors(source);
  if (!isDirectionFile(metadata) || metadata.get("version") !== "1") {
    throw new LatentEditError(
      `loadDirection: expected a file of format ${FORMAT}, version 1, got ${metadata.get("format") ?? "no format"}, version ${metadata.get("version") ?? "none"}.`,
    );
  }
  const written = INFO_NAMES.filter((name) => metadata.has(name));
  const info: DirectionInfo = Object.fromEntries(written.map((name) => [name, parse(metadata, name)]));
  if (model && info.generator && !sameFingerprint(info.generator, await fingerprint(model))) {
    throw new LatentEditError(
      "loadDirection: expected a direction of this model's generator, got one trained on another; load that generator.",
    );
  }
  const training = info.training && settingsOfToday(info.training);
  return { direction: build(metadata, tensors), info: { ...info, ...(training && { training }) } };
}

function build(metadata: ReadonlyMap<string, string>, tensors: ReadonlyMap<string, TensorData>): Direction {
  const kind = metadata.get("kind");
  const entry = kindNamed(kind);
  if (entry === undefined) {
    throw new LatentEditError(
      `loadDirection: expected a direction of kind ${kindNames().join(" or ")}, got ${kind ?? "none"}; make it known with registerDirection.`,
    );
  }
  const settings = Object.fromEntries([...metadata].filter(([key]) => !COMMON.includes(key)));
  const solver = metadata.has("solver") ? parse<FlowSolver>(metadata, "solver") : undefined;
  const direction = entry.load({ tensors, settings, solver });
  const found = { latentDim: direction.latentDim, ...entry.describe(direction).settings };
  for (const [key, value] of Object.entries(found)) {
    if (metadata.get(key) === String(value)) continue;
    direction.dispose();
    throw new LatentEditError(
      `loadDirection: expected tensors of ${key} ${metadata.get(key)}, as the file says, got ${value}; the file is damaged.`,
    );
  }
  if (metadata.has("rows")) direction.rows = checkRows(parse(metadata, "rows"), direction);
  return direction;
}

/** Rows as `flow` takes them, of however many; the direction is disposed where they are none. */
function checkRows(rows: RowRange | RowList, direction: Direction): RowRange | RowList {
  try {
    rowsOf("loadDirection", rows, MOST_ROWS);
    return rows;
  } catch (error) {
    direction.dispose();
    throw error;
  }
}

/** A part of the header that is JSON. */
function parse<T>(metadata: ReadonlyMap<string, string>, key: string): T {
  try {
    const value: T | null = JSON.parse(metadata.get(key) ?? "null");
    if (value !== null) return value;
  } catch {
    // Not JSON: the error below says what to do.
  }
  throw new LatentEditError(
    `loadDirection: expected ${key} as JSON in the header, got ${metadata.get(key)}; the file is damaged.`,
  );
}
