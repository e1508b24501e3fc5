import { extname } from "node:path";
import { readNpy, readSafetensors, readTorch, stateDict, type TensorData, toFloat32 } from "@latentflow/checkpoints";
import { ConfigError } from "../errors.js";
import type { NumberArray } from "../store/tensor-file.js";

/** What codes are called in files of several tensors: the paper's, ours, and those of projectors. */
const NAMES = ["ws", "w", "codes", "latent", "latents"];

/** Readers by the file's ending: its tensors by name. */
const READERS: Readonly<Record<string, (file: string) => Promise<ReadonlyMap<string, TensorData>>>> = {
  ".npy": async (file) => new Map([["the array", await readNpy(file)]]),
  ".pt": readTorchFile,
  ".pth": readTorchFile,
  ".safetensors": async (file) => (await readSafetensors(file)).tensors,
};

/** Codes of a file, as float32: [n, d], or W+ [n, rowCount, d]; one alone, [d], is a file of one. */
export async function readCodesFile(file: string): Promise<NumberArray<Float32Array>> {
  const read = READERS[extname(file).toLowerCase()];
  if (read === undefined) throw new ConfigError(`--codes: expected a file in ${Object.keys(READERS).join(", ")}, got ${file}.`);
  const tensors = await read(file).catch((cause: Error) => {
    throw new ConfigError(`--codes: could not read ${file}: ${cause.message}`, { cause });
  });
  const { shape, data } = codesAmong(file, tensors);
  if (data.length === 0 || shape.length < 1 || shape.length > 3)
    throw new ConfigError(`--codes: expected numbers [n, d] or [n, rowCount, d] in ${file}, got [${shape.join(", ")}].`);
  const values = toFloat32({ dtype: "float32", shape, data } as TensorData);
  if (!values.every(Number.isFinite)) throw new ConfigError(`--codes: expected finite numbers in ${file}, got others.`);
  return { data: values, shape: shape.length === 1 ? [1, ...shape] : shape };
}

/** One tensor alone, or a dict with some. */
async function readTorchFile(file: string): Promise<ReadonlyMap<string, TensorData>> {
  const value = await readTorch(file);
  return stateDict(value instanceof Map ? value : new Map([["the tensor", value]]));
}

/** The only tensor, or the one whose name says that it is codes. */
function codesAmong(file: string, tensors: ReadonlyMap<string, TensorData>): TensorData {
  const name = tensors.size === 1 ? [...tensors.keys()][0] : NAMES.find((one) => tensors.has(one));
  if (name !== undefined) return tensors.get(name)!;
  const found = [...tensors].slice(0, 8).map(([key, { shape }]) => `${key} [${shape.join(", ")}]`);
  throw new ConfigError(`--codes: expected one tensor in ${file}, or one called ${NAMES.join(", ")}, got ${found.join(", ")}.`);
}
