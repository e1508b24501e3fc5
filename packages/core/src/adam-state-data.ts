import { type Tensor, tensor } from "@tensorflow/tfjs-core";
import type { AdamState } from "./adam.js";
import { CoreError } from "./errors.js";

/** An array as checkpoints hold it. */
export interface ArrayData {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** An Adam state without tensors: step count, and named float32 arrays `mean.{i}` and `variance.{i}`, ready for a checkpoint file. */
export interface AdamStateData {
  readonly step: number;
  readonly arrays: Readonly<Record<string, ArrayData>>;
}

/** Reads a state back from the backend, bit for bit. */
export async function adamStateToData(state: AdamState): Promise<AdamStateData> {
  const arrays: Record<string, ArrayData> = {};
  const store = async (prefix: string, tensors: readonly Tensor[]) => {
    for (const [i, moment] of tensors.entries()) {
      arrays[`${prefix}.${i}`] = { shape: [...moment.shape], data: Float32Array.from(await moment.data()) };
    }
  };
  await store("mean", state.mean);
  await store("variance", state.variance);
  return { step: state.step, arrays };
}

/** Inverse of `adamStateToData`. Throws when an array is missing or there are too many. */
export function adamStateFromData(data: AdamStateData): AdamState {
  const count = Object.keys(data.arrays).length / 2;
  if (!Number.isInteger(data.step) || data.step < 0)
    throw new CoreError(`adamStateFromData: expected a step ≥ 0, got ${data.step}.`);
  const read = (prefix: string) =>
    Array.from({ length: Math.floor(count) }, (_, i) => {
      const array = data.arrays[`${prefix}.${i}`];
      if (array !== undefined) return array;
      throw new CoreError(`adamStateFromData: expected arrays mean.0 … and variance.0 …, got no ${prefix}.${i}.`);
    });
  // Both lists are checked before the first tensor is made: an error leaks nothing.
  const [mean, variance] = [read("mean"), read("variance")];
  if (!Number.isInteger(count))
    throw new CoreError(`adamStateFromData: expected as many means as variances, got ${2 * count} arrays.`);
  const toTensor = ({ shape, data }: ArrayData) => tensor(data.slice(), [...shape], "float32");
  return { step: data.step, mean: mean.map(toTensor), variance: variance.map(toTensor) };
}
