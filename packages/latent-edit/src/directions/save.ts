import { type CheckpointSource, readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import type { AttributeModel } from "@latentflow/core";
import { checkNumber, checkOptions, checkRequired, describeValue } from "@latentflow/core";
import { LatentEditError } from "../errors.js";
import { checkDirection, checkModel } from "../input/checks.js";
import { type Fingerprint, fingerprint, sameFingerprint } from "../model/fingerprint.js";
import type { TrainSettings } from "../train/settings.js";
import type { Direction } from "./direction.js";
import { LinearDirection } from "./linear-direction.js";
import { NeuralOdeDirection } from "./neural-ode-direction.js";
import { settingsOfToday } from "./old-names.js";
import type { FlowSolver } from "./solver.js";
import { checkWeights, importSeedFlow, toStateDict } from "./state-dict.js";

/** What a file says about a direction besides its weights. */
export interface DirectionInfo {
  /** What the edit changes. */
  attribute?: { name: string; index: number; from: number; to: number };
  /** `fingerprint(model)` of the generator the direction belongs to. */
  generator?: Fingerprint;
  /** How it was trained, or found. */
  training?: TrainSettings | Readonly<Record<string, unknown>>;
}

const FORMAT = "latentflow-direction";

/**
 * A direction as a safetensors file.
 *
 * Header (`__metadata__`, all texts): `format` "latentflow-direction", `version` "1", `kind` "linear" | "neural-ode", `latentDim`, `depth` and
 * `negativeSlope` (neural-ode), and as JSON `solver`, `attribute`, `generator`, `training`. Tensors: `direction` [d], or the paper's keys
 * `odefunc.model.…` (see `toStateDict`), so that the file loads in PyTorch too.
 */
export async function saveDirection(direction: Direction, info: DirectionInfo = {}): Promise<Uint8Array> {
  checkDirection("saveDirection", direction);
  checkOptions("saveDirection", info, ["attribute", "generator", "training"], LatentEditError);
  checkInfo(info);
  const metadata: Record<string, string> = {
    format: FORMAT,
    version: "1",
    kind: direction.kind,
    latentDim: String(direction.latentDim),
    ...Object.fromEntries(Object.entries(info).map(([key, value]) => [key, JSON.stringify(value)])),
  };
  if (direction instanceof NeuralOdeDirection) {
    const { depth, negativeSlope, solver } = direction;
    const text = { depth: String(depth), negativeSlope: String(negativeSlope), solver: JSON.stringify(solver) };
    return writeSafetensors(await toStateDict(direction), { ...metadata, ...text });
  }
  if (direction instanceof LinearDirection) {
    const data = Float32Array.from(await direction.variables[0]!.data<"float32">());
    checkWeights("saveDirection", "direction", data);
    return writeSafetensors({ direction: { dtype: "float32", shape: [data.length], data } }, metadata);
  }
  throw new LatentEditError(
    `saveDirection: expected a LinearDirection or a NeuralOdeDirection, got one of kind ${JSON.stringify(direction.kind)}.`,
  );
}

/** What the header says must be readable again. */
function checkInfo({ attribute, generator, training }: DirectionInfo): void {
  if (attribute !== undefined) {
    checkRequired("saveDirection: attribute", attribute, ["name", "index", "from", "to"], LatentEditError);
    for (const name of ["index", "from", "to"] as const) {
      checkNumber("saveDirection", `attribute.${name}`, attribute[name], { min: 0, integer: true }, LatentEditError);
    }
  }
  const isFingerprint = Array.isArray(generator) && generator.length > 0 && generator.every(Number.isFinite);
  if (generator !== undefined && !isFingerprint) {
    throw new LatentEditError(
      `saveDirection: expected generator to be what fingerprint(model) gave, got ${describeValue(generator)}.`,
    );
  }
  if (training !== undefined) checkRequired("saveDirection: training", training, [], LatentEditError);
}

/**
 * Reads what `saveDirection` wrote.
 *
 * @param options.model when given, the file's fingerprint, if it has one, must be that of the model's generator
 * @throws LatentEditError for other files, unknown kinds, or another generator's direction
 */
export async function loadDirection(
  source: CheckpointSource,
  options: { model?: AttributeModel } = {},
): Promise<{ direction: LinearDirection | NeuralOdeDirection; info: DirectionInfo }> {
  checkOptions("loadDirection", options, ["model"], LatentEditError);
  if (!(typeof source === "string" || (typeof source === "object" && source !== null))) {
    throw new LatentEditError(
      `loadDirection: expected the bytes of a file that saveDirection() wrote, a Blob, or its path, got ${describeValue(source)}.`,
    );
  }
  const { tensors, metadata } = await readSafetensors(source);
  if (metadata.get("format") !== FORMAT || metadata.get("version") !== "1") {
    throw new LatentEditError(
      `loadDirection: expected a file of format ${FORMAT}, version 1, got ${metadata.get("format") ?? "no format"}, version ${metadata.get("version") ?? "none"}.`,
    );
  }
  const info: DirectionInfo = {};
  for (const key of ["attribute", "generator", "training"] as const) {
    if (metadata.has(key)) info[key] = parse(metadata, key);
  }
  if (info.training) info.training = settingsOfToday(info.training);
  if (options.model !== undefined) checkModel("loadDirection", options.model);
  if (options.model && info.generator && !sameFingerprint(info.generator, await fingerprint(options.model))) {
    throw new LatentEditError(
      "loadDirection: expected a direction of this model's generator, got one trained on another; load that generator.",
    );
  }
  return { direction: build(metadata, tensors), info };
}

function build(
  metadata: ReadonlyMap<string, string>,
  tensors: ReadonlyMap<string, TensorData>,
): LinearDirection | NeuralOdeDirection {
  const kind = metadata.get("kind");
  const line = tensors.get("direction");
  if (kind !== "neural-ode" && !(kind === "linear" && line)) {
    throw new LatentEditError(`loadDirection: expected a direction of kind linear or neural-ode with its tensors, got ${kind}.`);
  }
  const direction =
    kind === "linear"
      ? new LinearDirection(line!.data as Float32Array)
      : importSeedFlow(tensors, {
          solver: parse<FlowSolver>(metadata, "solver"),
          negativeSlope: Number(metadata.get("negativeSlope")),
        });
  const found = { latentDim: direction.latentDim, ...("depth" in direction && { depth: direction.depth }) };
  for (const [key, value] of Object.entries(found)) {
    if (metadata.get(key) === String(value)) continue;
    direction.dispose();
    throw new LatentEditError(
      `loadDirection: expected tensors of ${key} ${metadata.get(key)}, as the file says, got ${value}; the file is damaged.`,
    );
  }
  return direction;
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
