import { type TensorData, toFloat32 } from "@latentflow/checkpoints";
import { describeValue } from "@latentflow/core";
import { ModelsError } from "./errors.js";

/** Tensors of a network under the names of its state dict. */
export type NamedTensors = ReadonlyMap<string, TensorData>;
/** The shape that each tensor of a network must have. */
export type NamedShapes = ReadonlyMap<string, readonly number[]>;

const MOST_LISTED = 12;

/** Throws unless a value is a map of tensors by name. */
export function checkNamedTensors(caller: string, tensors: unknown): void {
  if (tensors instanceof Map) return;
  throw new ModelsError(
    `${caller}: expected a Map of tensors by name, such as the tensors of readSafetensors, got ${describeValue(tensors)}.`,
  );
}

/**
 * Throws one error that lists every missing tensor, every surplus one and every wrong shape.
 *
 * @param allowed names that may be there without being used
 */
export function checkTensors(
  caller: string,
  found: NamedTensors,
  expected: NamedShapes,
  allowed: (name: string) => boolean,
): void {
  const missing = [...expected].filter(([name]) => !found.has(name)).map(([name, shape]) => `${name} [${shape.join(", ")}]`);
  const surplus = [...found.keys()].filter((name) => !expected.has(name) && !allowed(name));
  const wrong = [...expected].flatMap(([name, shape]) => {
    const got = found.get(name)?.shape;
    return got && got.join() !== shape.join() ? [`${name}: expected [${shape.join(", ")}], got [${got.join(", ")}]`] : [];
  });
  if (missing.length + surplus.length + wrong.length === 0) return;
  const parts = [
    listed("missing", missing),
    listed("not known", surplus),
    listed("of another shape", wrong),
    `expected ${expected.size} tensors, got ${found.size}`,
  ];
  throw new ModelsError(`${caller}: ${parts.filter(Boolean).join("; ")}.`);
}

function listed(what: string, items: readonly string[]): string {
  if (items.length === 0) return "";
  const more = items.length > MOST_LISTED ? ` and ${items.length - MOST_LISTED} more` : "";
  return `${items.length} tensors ${what}: ${items.slice(0, MOST_LISTED).join(", ")}${more}`;
}

/**
 * One more than the largest index that `pattern` captures in a name: so many numbered parts the network should have, even when some of their
 * tensors are missing.
 */
export function countOf(tensors: NamedTensors, pattern: RegExp): number {
  const indices = [...tensors.keys()].flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
  const count = indices.reduce((most, index) => Math.max(most, index + 1), 0);
  // A name may hold any number; a network of that many parts would have as many tensors.
  return Math.min(count, tensors.size);
}

/** The tensor's elements as float32, or an error that lists what is there instead. */
export function floatsOf(caller: string, tensors: NamedTensors, name: string): Float32Array<ArrayBuffer> {
  return toFloat32(need(caller, tensors, name));
}

/** The tensor called `name`; needed before the rest of the network's shapes are known. */
export function need(caller: string, tensors: NamedTensors, name: string): TensorData {
  const tensor = tensors.get(name);
  if (tensor) return tensor;
  const found = [...tensors.keys()].slice(0, MOST_LISTED).join(", ");
  throw new ModelsError(`${caller}: expected a tensor ${name}, got ${tensors.size} others: ${found || "none"}.`);
}
