import { readNpy } from "@latentflow/checkpoints";
import { ConfigError } from "../errors.js";
import type { NumberArray } from "../store/tensor-file.js";

/** Codes of a NumPy file, [n, d], row by row. */
export async function readCodesFile(file: string): Promise<NumberArray<Float32Array>> {
  const array = await readNpy(file).catch((cause: Error) => {
    throw new ConfigError(`--codes: could not read ${file}: ${cause.message}`, { cause });
  });
  if (array.shape.length !== 2 || array.data instanceof BigInt64Array || array.data instanceof BigUint64Array)
    throw new ConfigError(`--codes: expected numbers [n, d] in ${file}, got [${array.shape.join(", ")}].`);
  const data = Float32Array.from(array.data as ArrayLike<number>);
  if (!data.every(Number.isFinite)) throw new ConfigError(`--codes: expected finite numbers in ${file}, got others.`);
  return { data, shape: array.shape };
}
