import { describeValue } from "@latentflow/core";
import { ModelsError } from "../errors.js";
import type { NamedTensors } from "../tensors-by-name.js";

/** How a tensor was written with fewer bits: value · scale + min. */
interface Quantization {
  readonly dtype: "uint8" | "uint16";
  readonly scale: number;
  readonly min: number;
}

interface Entry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: Quantization;
}

/**
 * The tensors of a network of face-api: a manifest of TensorFlow.js (`…-weights_manifest.json`) and the bytes of its one shard (`….bin`).
 *
 * @throws ModelsError for another file, or other bytes than the manifest says
 */
export function readWeights(caller: string, manifest: string, bytes: Uint8Array): NamedTensors {
  const tensors = new Map();
  let at = 0;
  for (const { name, shape, dtype, quantization } of entriesOf(caller, manifest)) {
    const count = shape.reduce((product, length) => product * length, 1);
    const width = quantization === undefined ? 4 : quantization.dtype === "uint8" ? 1 : 2;
    if (dtype !== "float32" || at + count * width > bytes.byteLength)
      throw new ModelsError(
        `${caller}: expected ${count} numbers of float32 for "${name}", got ${dtype} with ${bytes.byteLength - at} bytes left; do manifest and bytes belong together?`,
      );
    // Not `bytes.slice`: Node's buffers share their memory with what they slice.
    const part = new Uint8Array(bytes.subarray(at, at + count * width)).buffer;
    tensors.set(name, { dtype: "float32", shape: [...shape], data: decoded(part, quantization) });
    at += count * width;
  }
  if (at === bytes.byteLength) return tensors;
  throw new ModelsError(`${caller}: expected ${at} bytes of weights, as the manifest says, got ${bytes.byteLength}.`);
}

function decoded(bytes: ArrayBuffer, quantization: Quantization | undefined): Float32Array<ArrayBuffer> {
  if (quantization === undefined) return new Float32Array(bytes);
  const { dtype, scale, min } = quantization;
  return Float32Array.from(dtype === "uint8" ? new Uint8Array(bytes) : new Uint16Array(bytes), (value) => value * scale + min);
}

function entriesOf(caller: string, manifest: string): Entry[] {
  let groups: unknown;
  try {
    groups = JSON.parse(manifest);
  } catch {
    groups = manifest;
  }
  const entries = Array.isArray(groups)
    ? groups.flatMap((group) => (Array.isArray(group?.weights) ? group.weights : [null]))
    : [null];
  if (entries.length > 0 && entries.every(isEntry)) return entries;
  throw new ModelsError(
    `${caller}: expected a manifest of face-api, a list of { weights: [{ name, shape, dtype }] }, got ${describeValue(groups)}.`,
  );
}

function isEntry(entry: unknown): entry is Entry {
  const { name, shape, dtype, quantization } = (entry ?? {}) as Partial<Entry>;
  const fits = typeof name === "string" && Array.isArray(shape) && shape.every((n) => Number.isSafeInteger(n) && n > 0);
  const { scale, min, dtype: bits } = quantization ?? { scale: 1, min: 0, dtype: "uint8" };
  return (
    fits && typeof dtype === "string" && ["uint8", "uint16"].includes(bits) && Number.isFinite(scale) && Number.isFinite(min)
  );
}
