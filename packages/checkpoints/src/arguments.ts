import { checkNumber, checkOptions, describeValue } from "@latentflow/core";
import { dtypes, type TensorData } from "./dtypes.js";
import { CheckpointError } from "./error.js";
import type { ReadOptions } from "./torch/read-torch.js";

/** Checks the options that every reader takes. */
export function checkReadOptions(caller: string, options: ReadOptions): void {
  checkOptions(caller, options, ["maxBytes"], CheckpointError);
  const { maxBytes } = options;
  // Infinity: whoever trusts a file need not know how large it becomes.
  if (maxBytes !== undefined && maxBytes !== Number.POSITIVE_INFINITY)
    checkNumber(caller, "maxBytes", maxBytes, { min: 0 }, CheckpointError);
}

/**
 * Throws unless `value` looks like a tensor of a known type. Whether its elements fit its shape is left to the writer.
 *
 * @param what the tensor in error messages
 */
export function checkTensorData(caller: string, what: string, value: unknown): asserts value is TensorData {
  const fail = (expected: string, got: unknown) => {
    throw new CheckpointError(`${what}: expected ${expected}, got ${describeValue(got)}.`, undefined, { caller });
  };
  if (typeof value !== "object" || value === null) fail("a tensor { dtype, shape, data }", value);
  const { dtype, shape, data } = value as Record<string, unknown>;
  if (typeof dtype !== "string" || !Object.hasOwn(dtypes, dtype)) fail(`a dtype of ${Object.keys(dtypes).join(", ")}`, dtype);
  if (!Array.isArray(shape)) fail("a shape, a list of lengths", shape);
  if (!ArrayBuffer.isView(data) || data instanceof DataView) fail("its elements in a typed array", data);
}

/** The entries of a Map or of a plain object; anything else is refused. */
export function entriesOf<T>(
  caller: string,
  what: string,
  value: ReadonlyMap<string, T> | Readonly<Record<string, T>>,
): [string, T][] {
  const fail = (expected: string, got: unknown): never => {
    throw new CheckpointError(`expected ${expected}, got ${describeValue(got)}.`, undefined, { caller });
  };
  if (typeof value !== "object" || value === null || Array.isArray(value) || ArrayBuffer.isView(value))
    fail(`${what} by name, a Map or an object`, value);
  if (!(value instanceof Map)) return Object.entries(value);
  for (const name of value.keys()) if (typeof name !== "string") fail(`${what} whose names are texts`, name);
  return [...value];
}
