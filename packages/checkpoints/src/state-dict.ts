import { describeValue } from "@latentflow/core";
import type { TensorData } from "./dtypes.js";
import { CheckpointError, describe } from "./errors.js";
import type { PickleValue } from "./pickle/values.js";

/**
 * The tensors of a state dict inside a checkpoint: of `value` itself, or of the first of `keys` that it has, as in
 * `stateDict(await readTorch(file), "g_ema", "state_dict")`. Entries that are no tensors are left out.
 *
 * @throws CheckpointError when there is no dict with tensors at any of those places; the message lists the keys found
 */
export function stateDict(value: PickleValue, ...keys: string[]): Map<string, TensorData> {
  const wrong = keys.find((name) => typeof name !== "string");
  if (wrong !== undefined)
    throw new CheckpointError(`expected keys that are texts, got ${describeValue(wrong)}.`, undefined, { caller: "stateDict" });
  const key = value instanceof Map ? keys.find((name) => value.has(name)) : undefined;
  const dict = key === undefined ? value : (value as Map<unknown, unknown>).get(key);
  const tensors = new Map<string, TensorData>();
  if (dict instanceof Map)
    for (const [name, entry] of dict) if (typeof name === "string" && isTensorData(entry)) tensors.set(name, entry);
  if (tensors.size > 0) return tensors;
  const found =
    value instanceof Map ? `a dict with keys ${[...value.keys()].slice(0, 12).map(describe).join(", ")}` : describe(value);
  const wanted = keys.length ? `a state dict, or a dict with one under ${keys.join(" or ")}` : "a state dict";
  throw new CheckpointError(`expected ${wanted}, got ${found}.`, undefined, { caller: "stateDict" });
}

/** Whether a value of a file is a tensor. */
export function isTensorData(value: PickleValue): value is TensorData {
  return typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value;
}
