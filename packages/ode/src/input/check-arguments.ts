import { describeValue, isTensor } from "@latentflow/core";
import type { Scalar, Tensor } from "@tensorflow/tfjs-core";
import { OdeError } from "../errors.js";
import { refuseDisposed } from "../state/disposed.js";
import { asRecords, flatten, isLeaf, type Tree, type TreeStructure } from "../state/tree.js";
import type { AnyTimes } from "../types.js";

/** f as the library calls it, whatever its types were. */
export type UserDynamics = (t: number | Scalar, y: unknown, args: unknown) => unknown;

/** y0, checked: all tensors, or all numbers and Float64Arrays. */
export type InitialState =
  | { readonly kind: "tensors"; readonly structure: TreeStructure; readonly leaves: Tensor[] }
  | { readonly kind: "numbers"; readonly structure: TreeStructure; readonly leaves: (number | Float64Array)[] };

export function checkDynamics(caller: string, f: unknown): UserDynamics {
  if (typeof f !== "function")
    throw new OdeError(`${caller}: expected f to be a function (t, y) => dy/dt, got ${describeValue(f)}.`);
  return f as UserDynamics;
}

/** Throws unless options are an object, before one of them is read. `preparePlan` checks their names. */
export function checkOptionsObject(caller: string, options: unknown, needed = "an options object"): asserts options is object {
  if (typeof options !== "object" || options === null)
    throw new OdeError(`${caller}: expected ${needed}, got ${describeValue(options)}.`);
}

export function checkInitialState(caller: string, y0: unknown): InitialState {
  const origin = { caller, name: "y0" };
  const { leaves, structure } = flatten(asRecords(y0, origin) as Tree<unknown>, origin);
  if (leaves.length === 0)
    throw new OdeError(`${caller}: expected y0 to hold at least one tensor or number, got ${describeValue(y0)}.`);
  if (leaves.every(isTensor)) {
    for (const leaf of leaves) refuseDisposed(caller, "y0", leaf);
    const wrong = leaves.find((leaf) => leaf.dtype !== "float32");
    if (wrong !== undefined)
      throw new OdeError(`${caller}: expected y0 of dtype float32, got ${wrong.dtype}; cast it with .toFloat().`);
    return { kind: "tensors", structure, leaves };
  }
  if (leaves.every((leaf) => typeof leaf === "number" || leaf instanceof Float64Array))
    return { kind: "numbers", structure, leaves };
  const kinds = [...new Set(leaves.map((leaf) => (isTensor(leaf) ? "a tensor" : describeValue(leaf))))].slice(0, 3).join(", ");
  throw new OdeError(
    `${caller}: expected y0 to be tensors only, or numbers and Float64Arrays only, in arrays and records, got ${kinds}. Convert it to one kind.`,
  );
}

/** Throws for a disposed tensor among args, where f would stumble over it. Records may hold themselves: nobody takes them apart. */
export function checkArgs(caller: string, args: unknown, seen = new Set<unknown>()): void {
  if (isTensor(args)) refuseDisposed(caller, "args", args);
  if (isLeaf(args) || seen.has(args)) return;
  seen.add(args);
  for (const part of Object.values(args as object)) checkArgs(caller, part, seen);
}

/** Output times as numbers, with the tensor they came from. */
export interface OutputTimes {
  readonly values: Float64Array;
  readonly tensor: Tensor | undefined;
}

/** Checks output times. Reads a tensor back, once. */
export function checkTimes(caller: string, t: AnyTimes | unknown): OutputTimes {
  const tensor = isTensor(t) ? t : undefined;
  if (tensor !== undefined && (tensor.rank !== 1 || tensor.dtype !== "float32")) {
    throw new OdeError(`${caller}: expected t to be a float32 tensor of rank 1, got ${tensor.dtype} of shape [${tensor.shape}].`);
  }
  if (tensor === undefined && !Array.isArray(t) && !(t instanceof Float64Array) && !(t instanceof Float32Array)) {
    throw new OdeError(
      `${caller}: expected t to be an array of times, the first being that of y0, or a tensor of rank 1, got ${describeValue(t)}.`,
    );
  }
  if (tensor !== undefined) refuseDisposed(caller, "t", tensor);
  const given = tensor === undefined ? (t as ArrayLike<number>) : tensor.dataSync();
  // Texts would be taken for the numbers that they spell.
  const odd = Array.from(given).findIndex((time) => typeof time !== "number");
  if (odd >= 0) throw new OdeError(`${caller}: expected t to hold numbers, got ${describeValue(given[odd])} at index ${odd}.`);
  const values = Float64Array.from(given);
  if (values.length === 0) throw new OdeError(`${caller}: expected t to hold at least the time of y0, got no times.`);
  const direction = Math.sign(values[1]! - values[0]!);
  values.forEach((time, i) => {
    const before = values[i - 1];
    const wrong = !Number.isFinite(time)
      ? `finite times, got t[${i}] = ${time}`
      : time === before
        ? `distinct times, got t[${i - 1}] = t[${i}] = ${time}`
        : before !== undefined && (time - before) * direction < 0
          ? `strictly increasing or strictly decreasing times, got ${before} then ${time} at index ${i}`
          : undefined;
    if (wrong !== undefined) throw new OdeError(`${caller}: expected ${wrong}.`);
  });
  return { values, tensor };
}
