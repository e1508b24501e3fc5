import { describeValue } from "@latentflow/core";
import { dtypes, type TensorData } from "./dtypes.js";
import { CheckpointError } from "./errors.js";

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
