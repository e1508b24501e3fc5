import { join } from "node:path";
import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { writeFileAtomic } from "@latentflow/core/files";
import type { RunFolder } from "./run-folder.js";

type Numbers = Float32Array | Uint8Array | Int32Array;

export interface NumberArray<T extends Numbers = Numbers> {
  readonly data: T;
  readonly shape: readonly number[];
}

const DTYPES = { Float32Array: "float32", Uint8Array: "uint8", Int32Array: "int32" } as const;

/** Arrays as a safetensors file. */
export async function writeTensors(folder: string, name: string, arrays: Readonly<Record<string, NumberArray>>): Promise<void> {
  const tensors = Object.entries(arrays).map(([key, { data, shape }]): [string, TensorData] => {
    const dtype = DTYPES[data.constructor.name as keyof typeof DTYPES];
    return [key, { dtype, shape, data } as TensorData];
  });
  await writeFileAtomic(join(folder, name), writeSafetensors(new Map(tensors)));
}

/** The arrays of a finished job's file. */
export async function readTensors(folder: RunFolder, job: string, name: string): Promise<ReadonlyMap<string, TensorData>> {
  return (await readSafetensors(await folder.read(job, name))).tensors;
}
