import { readFile } from "node:fs/promises";
import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { writeFileAtomic } from "@latentflow/core/files";
import { type Direction, type LabelsAlong, type LabelsAlongOptions, labelsAlong } from "@latentflow/latent-edit";

export interface KeptLabelsOptions extends Omit<LabelsAlongOptions, "codes" | "batchSize"> {
  readonly codes: { readonly data: Float32Array; readonly shape: readonly [rows: number, dimension: number] };
  readonly batchSize: number;
  /** File of the batches that are done. */
  readonly scratch: string;
  /** Tells a file of the same direction and codes from others, which are no use. */
  readonly madeOf: string;
}

/** `labelsAlong`, written down batch by batch: an interrupted measurement goes on where it was. */
export async function keptLabelsAlong(direction: Direction, options: KeptLabelsOptions): Promise<LabelsAlong> {
  const { codes, batchSize, scratch, madeOf, onProgress, ...rest } = options;
  const [rows, dimension] = codes.shape;
  const shape = [rows, options.model.attributes.length, options.times.length] as const;
  const width = shape[1] * shape[2];
  const kept = await readKept(scratch, madeOf);
  const size = rows * width;
  const data = options.model.attributes.every(({ classes }) => classes <= 256) ? new Uint8Array(size) : new Int32Array(size);
  data.set(kept);
  for (let start = kept.length / width; start < rows; start += batchSize) {
    const end = Math.min(rows, start + batchSize);
    const batch = { data: codes.data.subarray(start * dimension, end * dimension), shape: [end - start, dimension] as const };
    data.set((await labelsAlong(direction, { ...rest, codes: batch, batchSize })).data, start * width);
    const done = { shape: [end, shape[1], shape[2]], data: Int32Array.from(data.subarray(0, end * width)) };
    await writeFileAtomic(
      scratch,
      writeSafetensors(new Map([["labels", { dtype: "int32", ...done } as TensorData]]), { madeOf }),
    );
    onProgress?.({ codes: end, total: rows });
  }
  return { data, shape };
}

/** Labels of the batches that are done; none where the file is missing, damaged, or another's. */
async function readKept(scratch: string, madeOf: string): Promise<Int32Array> {
  try {
    const { tensors, metadata } = await readSafetensors(new Uint8Array(await readFile(scratch)));
    if (metadata.get("madeOf") === madeOf) return tensors.get("labels")!.data as Int32Array;
  } catch {
    // Measured anew: what the file held is worth a batch or two, and no question.
  }
  return new Int32Array(0);
}
