import { type CheckpointSource, readTorch, stateDict, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { EngineError } from "../errors.js";

/** What wrappers of a module put before the names of its tensors. */
const WRAPPERS = ["module.", "_orig_mod.", "model.", "generator.", "regressor.", "net."];

/** Whether a value of a checkpoint holds tensors by name. */
function isStateDict(value: unknown): boolean {
  return value instanceof Map && tensorCount(value) > 0;
}

const tensorCount = (dict: ReadonlyMap<unknown, unknown>) => [...dict.values()].filter(isTensor).length;

const isTensor = (value: unknown): value is TensorData =>
  typeof value === "object" && value !== null && "dtype" in value && "shape" in value && "data" in value;

/**
 * The state dict under `key` of a PyTorch file ("model", "nets.g"), without what a wrapper put before its names, as the bytes of a safetensors file.
 *
 * @throws EngineError that lists what there is instead
 */
async function stateDictUnder(source: CheckpointSource, key: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await readTorch(source);
  const found = at(file, key);
  if (isStateDict(found)) return writeSafetensors(unwrapped(stateDict(found)));
  throw new EngineError(`expected a state dict under "${key}", got ${whatIsIn(file)}.`);
}

function unwrapped(tensors: Map<string, TensorData>): Map<string, TensorData> {
  const wrapper = WRAPPERS.find((prefix) => [...tensors.keys()].every((name) => name.startsWith(prefix)));
  if (wrapper === undefined) return tensors;
  return unwrapped(new Map([...tensors].map(([name, tensor]) => [name.slice(wrapper.length), tensor])));
}

/**
 * Reads a PyTorch file; where the reader does not find its network, the error says under which keys of the file there are state dicts.
 *
 * @param part what is looked for
 * @param read the reader of a whole file
 * @param readUnder the reader of a state dict alone
 */
export async function readKeyed<T>(
  part: "generator" | "regressor",
  source: CheckpointSource,
  key: string | undefined,
  read: (source: CheckpointSource) => Promise<T>,
  readUnder: (bytes: Uint8Array) => Promise<T>,
): Promise<T> {
  if (key !== undefined) return readUnder(await stateDictUnder(source, key));
  // A response can be read once.
  const again = source instanceof Response ? await source.arrayBuffer() : source;
  try {
    return await read(again);
  } catch (cause) {
    const file = await readTorch(again).catch(() => undefined);
    const keys = file instanceof Map ? keysOf(file) : [];
    if (keys.length === 0) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    const fitting = keys.find((key) => [part, null].includes(kindOf(at(file, key))));
    const advice =
      fitting === undefined ? `none of them is a ${part}'s` : `name the ${part}'s, { file, key: ${JSON.stringify(fitting)} }`;
    throw new EngineError(`${message} The file has ${whatIsIn(file)}: ${advice}.`, { cause });
  }
}

/** Keys under which state dicts are, also one level down. */
function keysOf(file: ReadonlyMap<unknown, unknown>): string[] {
  return [...file].flatMap(([key, value]) => {
    if (typeof key !== "string" || !(value instanceof Map)) return [];
    if (isStateDict(value)) return [key];
    return [...value].flatMap(([inner, deep]) => (isStateDict(deep) ? [`${key}.${String(inner)}`] : []));
  });
}

/** What is at a key, "nets.g" one level down. */
function at(file: unknown, key: string): unknown {
  if (file instanceof Map && file.has(key)) return file.get(key);
  return key.split(".").reduce<unknown>((value, part) => (value instanceof Map ? value.get(part) : undefined), file);
}

/** What a state dict is by its names; null where they don't tell. */
function kindOf(dict: unknown): "generator" | "regressor" | null {
  const names = dict instanceof Map ? [...dict.keys()].map(String) : [];
  if (names.some((name) => /(^|\.)(classification_heads|heads|fc)\./.test(name))) return "regressor";
  return names.some((name) => /(^|\.)(style|mapping|convs|synthesis|to_rgbs?\d*)\./.test(name)) ? "generator" : null;
}

const MOST_LISTED = 12;

function whatIsIn(file: unknown): string {
  if (!(file instanceof Map)) return "no dict";
  const dicts = keysOf(file).map((key) => {
    const value = at(file, key) as ReadonlyMap<unknown, unknown>;
    const kind = kindOf(value);
    return `"${key}" (${tensorCount(value)} tensors${kind === null ? "" : `, a ${kind}'s`})`;
  });
  if (dicts.length > 0) return `state dicts under ${dicts.slice(0, MOST_LISTED).join(", ")}`;
  return `no state dict, but keys ${[...file.keys()].slice(0, MOST_LISTED).map(String).join(", ") || "none"}`;
}
