import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import type { RandomState } from "@latentflow/core";
import { type AdamState, type ArrayData, adamStateFromData, adamStateToData } from "@latentflow/core/optim";
import { settingsOfToday } from "../directions/old-names.js";
import type { TrainSettings } from "../directions/train-settings.js";
import { LatentEditError } from "../errors.js";
import type { History, ValidationRecord } from "./history.js";
import { scoreOfToday } from "./old-names.js";
import { checkSameRun, type RunFingerprint } from "./run-fingerprint.js";

/** Everything a run needs to go on with the same numbers. */
export interface TrainState {
  iteration: number;
  adam: AdamState;
  random: RandomState;
  batches: History["batches"][number][];
  validations: ValidationRecord[];
  /** Best validation so far and its weights, when early stopping watches. */
  best: { iteration: number; total: number; weights: Float32Array[] } | null;
  stoppedEarly: boolean;
}

/** What of a checkpoint is not part of the run's state proper. */
export interface CheckpointContext {
  settings: TrainSettings;
  run: RunFingerprint;
  weights: Float32Array[];
  cache: { rows: Int32Array; logits: Float32Array };
}

/** The state as one safetensors file: arrays as tensors, the rest as JSON in the header. Throws for numbers that are not finite. */
export async function encodeCheckpoint(
  state: TrainState,
  { settings, run, weights, cache }: CheckpointContext,
): Promise<Uint8Array> {
  const { step, arrays } = await adamStateToData(state.adam);
  const tensors = new Map<string, TensorData>();
  const put = (name: string, data: Float32Array, shape: readonly number[] = [data.length]) => {
    checkFiniteArray(name, data, "was about to be written; the last checkpoint is left as it was");
    tensors.set(name, { dtype: "float32", shape, data: Float32Array.from(data) });
  };
  for (const [name, { data, shape }] of Object.entries(arrays)) put(`adam.${name}`, data, shape);
  weights.forEach((data, i) => {
    put(`weights.${i}`, data);
  });
  state.best?.weights.forEach((data, i) => {
    put(`best.${i}`, data);
  });
  tensors.set("cache.rows", { dtype: "int32", shape: [cache.rows.length], data: Int32Array.from(cache.rows) });
  put("cache.logits", cache.logits);
  const { iteration, random, batches, validations, stoppedEarly } = state;
  const best = state.best && { iteration: state.best.iteration, total: state.best.total };
  const rest = { step, settings, run, iteration, random, batches, validations, stoppedEarly, best };
  return writeSafetensors(tensors, { format: "latentflow-training", state: JSON.stringify(rest) });
}

/**
 * Inverse of `encodeCheckpoint`. Throws when the file is another run's: its settings, codes, model, and the sizes of its weights, must be those
 * of this one.
 *
 * @param expected.sizes numbers in each of the direction's variables
 */
export async function decodeCheckpoint(
  bytes: Uint8Array,
  expected: { settings: TrainSettings; run: RunFingerprint; sizes: readonly number[] },
): Promise<{ state: TrainState; weights: Float32Array[]; cache: CheckpointContext["cache"] }> {
  const { settings, run, sizes } = expected;
  const { tensors, metadata } = await readSafetensors(bytes);
  const text = metadata.get("state");
  if (metadata.get("format") !== "latentflow-training" || text === undefined) {
    throw new LatentEditError("trainDirection: expected a training checkpoint of latentflow, got another safetensors file.");
  }
  const rest = parseState(text);
  // Those of either: rows that move are named only where they are not all.
  const keys = new Set([...Object.keys(settings), ...Object.keys(rest.settings)] as (keyof TrainSettings)[]);
  const differing = [...keys].filter((key) => JSON.stringify(settings[key]) !== JSON.stringify(rest.settings[key]));
  if (differing.length > 0) {
    throw new LatentEditError(
      `trainDirection: expected a checkpoint made with these settings, got one that differs in ${differing.join(", ")}; give the same settings or another store.`,
    );
  }
  const numbered = (prefix: string) => {
    const found: Float32Array[] = [];
    for (let i = 0; tensors.has(`${prefix}.${i}`); i++) found.push(tensors.get(`${prefix}.${i}`)!.data as Float32Array);
    return found;
  };
  const weights = numbered("weights");
  if (weights.map(({ length }) => length).join() !== sizes.join()) {
    throw new LatentEditError(
      `trainDirection: expected a checkpoint of a direction with variables of ${sizes.join(", ")} numbers, got ${weights.map(({ length }) => length).join(", ")}; give the same kind of direction or another store.`,
    );
  }
  checkSameRun(run, rest.run);
  const [cacheRows, cacheLogits] = [tensors.get("cache.rows"), tensors.get("cache.logits")];
  if (cacheRows === undefined || cacheLogits === undefined) throw damaged();
  for (const [name, { data }] of tensors) checkFiniteArray(name, data, "was read; delete the file to start anew");
  const arrays: Record<string, ArrayData> = {};
  for (const [name, { data, shape }] of tensors) {
    if (name.startsWith("adam.")) arrays[name.slice("adam.".length)] = { data: data as Float32Array, shape };
  }
  const { iteration, random, batches, validations, stoppedEarly, best } = rest;
  return {
    state: {
      iteration,
      random,
      batches,
      validations,
      stoppedEarly,
      adam: adamStateFromData({ step: rest.step, arrays }),
      best: best && { ...best, weights: numbered("best") },
    },
    weights,
    cache: { rows: cacheRows.data as Int32Array, logits: cacheLogits.data as Float32Array },
  };
}

/** What the header holds beside the arrays. */
type HeaderState = Omit<TrainState, "adam" | "best"> & {
  step: number;
  settings: TrainSettings;
  /** Absent from files of older versions. */
  run?: RunFingerprint;
  best: { iteration: number; total: number } | null;
};

function parseState(text: string): HeaderState {
  try {
    const state: Partial<HeaderState> = JSON.parse(text);
    if (state.settings && state.random && state.batches && state.validations) return ofToday(state as HeaderState);
  } catch {
    // Not JSON: the error below says what to do.
  }
  throw damaged();
}

/** What older versions wrote, under today's names. */
function ofToday({ settings, batches, validations, ...rest }: HeaderState): HeaderState {
  const scores = { batches: batches.map(scoreOfToday), validations: validations.map(scoreOfToday) };
  return { ...rest, ...scores, settings: settingsOfToday(settings) };
}

/** A checkpoint with NaN could never be resumed: none is written, and one that an older version wrote is refused. */
function checkFiniteArray(name: string, data: ArrayLike<number | bigint>, what: string): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (typeof value === "bigint" || Number.isFinite(value)) continue;
    throw new LatentEditError(
      `trainDirection: expected a checkpoint of finite numbers, but one with ${value} in ${name} ${what}.`,
    );
  }
}

function damaged(): LatentEditError {
  return new LatentEditError("trainDirection: expected a whole training checkpoint, got a damaged one; delete it to start anew.");
}
