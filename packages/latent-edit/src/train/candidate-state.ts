import { readSafetensors, type TensorData, writeSafetensors } from "@latentflow/checkpoints";
import { LatentEditError } from "../errors.js";

/** A candidate's direction after some iterations, measured. */
export interface Snapshot<M> {
  readonly candidate: string;
  readonly iteration: number;
  readonly measure: M;
  /** Of the variables that are trained. */
  readonly weights: readonly Float32Array[];
}

/**
 * The snapshots as one safetensors file: weights as tensors, the rest as JSON in the header.
 *
 * @param run what the measures follow from, as a text
 */
export function encodeSnapshots<M>(snapshots: readonly Snapshot<M>[], run: string): Uint8Array {
  const tensors = new Map<string, TensorData>();
  snapshots.forEach(({ weights }, i) => {
    weights.forEach((data, v) => {
      tensors.set(`${i}.${v}`, { dtype: "float32", shape: [data.length], data: Float32Array.from(data) });
    });
  });
  const said = snapshots.map(({ weights, ...rest }) => ({ ...rest, variables: weights.length }));
  return writeSafetensors(tensors, { format: "latentflow-candidates", run, snapshots: JSON.stringify(said) });
}

/** Inverse of `encodeSnapshots`. Throws for another run's file, and a damaged one. */
export async function decodeSnapshots<M>(bytes: Uint8Array, run: string): Promise<Snapshot<M>[]> {
  const { tensors, metadata } = await readSafetensors(bytes);
  const text = metadata.get("snapshots");
  if (metadata.get("format") !== "latentflow-candidates" || text === undefined) {
    throw new LatentEditError(
      "trainCandidates: expected snapshots of candidates, got another safetensors file; give another store.",
    );
  }
  if (metadata.get("run") !== run) {
    throw new LatentEditError(
      "trainCandidates: expected snapshots made with the same candidates, options, codes and model, got another run's; give the same ones or another store.",
    );
  }
  const said = JSON.parse(text) as (Omit<Snapshot<M>, "weights"> & { variables: number })[];
  return said.map(({ variables, ...rest }, i) => ({
    ...rest,
    weights: Array.from({ length: variables }, (_, v) => {
      const found = tensors.get(`${i}.${v}`);
      if (found !== undefined) return found.data as Float32Array;
      throw new LatentEditError("trainCandidates: expected whole snapshots, got a damaged file; delete it to start anew.");
    }),
  }));
}
