import { type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { type AdamState, checkAdamState } from "./adam.js";
import { CoreError, describeValue } from "./errors.js";
import { checkNumber } from "./options.js";
import { sizeOf } from "./tensor.js";

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
  checkAdamState("adamStateToData", state);
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

/** Inverse of `adamStateToData`. Throws, before it makes a tensor, when arrays are missing, too many, or not as their shapes say. */
export function adamStateFromData(data: AdamStateData): AdamState {
  if (typeof data?.arrays !== "object" || data.arrays === null || Array.isArray(data.arrays)) {
    throw new CoreError(`adamStateFromData: expected { step, arrays }, got ${describeValue(data)}.`);
  }
  checkNumber("adamStateFromData", "step", data.step, { min: 0, integer: true });
  const count = Object.keys(data.arrays).filter((name) => name.startsWith("mean.")).length;
  const names = ["mean", "variance"].flatMap((moment) => Array.from({ length: count }, (_, i) => `${moment}.${i}`));
  const surplus = Object.keys(data.arrays).filter((name) => !names.includes(name));
  if (surplus.length > 0)
    throw new CoreError(`adamStateFromData: expected mean.0 … and as many variance.0 …, got ${surplus.join(", ")}, too.`);
  for (const name of names) checkArray(name, data.arrays[name]);
  for (let i = 0; i < count; i++) {
    const [mean, variance] = [data.arrays[`mean.${i}`]!.shape, data.arrays[`variance.${i}`]!.shape];
    if (mean.join() !== variance.join()) {
      throw new CoreError(
        `adamStateFromData: expected mean.${i} and variance.${i} of one shape, got [${mean}] and [${variance}].`,
      );
    }
  }
  const moments = (moment: string) =>
    Array.from({ length: count }, (_, i) => {
      const array = data.arrays[`${moment}.${i}`]!;
      return tensor(array.data.slice(), [...array.shape], "float32");
    });
  return tidy(() => ({ step: data.step, mean: moments("mean"), variance: moments("variance") }));
}

function checkArray(name: string, array: ArrayData | undefined): void {
  const isArray = Array.isArray(array?.shape) && array.data instanceof Float32Array;
  if (!isArray)
    throw new CoreError(`adamStateFromData: expected ${name} with a shape and a Float32Array, got ${describeValue(array)}.`);
  const size = sizeOf(`adamStateFromData: ${name}`, array.shape);
  if (array.data.length === size) return;
  throw new CoreError(
    `adamStateFromData: expected ${size} numbers in ${name} of shape [${array.shape}], got ${array.data.length}.`,
  );
}
