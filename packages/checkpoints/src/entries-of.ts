import { describeValue } from "@latentflow/core";
import { CheckpointError } from "./errors.js";

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
