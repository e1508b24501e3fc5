import * as core from "@latentflow/core";
import { describeValue } from "@latentflow/core";
import { MetricsError } from "../errors.js";

export type { Numbers } from "@latentflow/core";

/** Declared options with their defaults; throws where one is missing, unknown or not what is declared. @param others known, but checked elsewhere */
export function readOptions<D extends core.DeclaredOptions>(
  caller: string,
  declared: D,
  options: object | undefined,
  others: readonly string[] = [],
): core.OptionValues<D> {
  return core.readOptions(caller, declared, options, MetricsError, others);
}

/** A share that is neither none nor all. */
export const SHARE = { above: 0, below: 1 } as const;

/** Returns `value` when it is an integer within [min, max]. */
export function checkInteger(caller: string, name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  return core.checkNumber(caller, name, value, { integer: true, min, max }, MetricsError);
}

/** Throws unless two sequences have the same length. */
export function checkSameLength(caller: string, what: string, a: number, b: number): void {
  if (a !== b) throw new MetricsError(`${caller}: expected ${what} to have the same length, got ${a} and ${b}.`);
}

/** Throws unless `value` is an array, of any kind. */
export function checkArray(caller: string, name: string, value: unknown): asserts value is ArrayLike<unknown> {
  const { length } = (typeof value === "object" && value !== null ? value : {}) as { length?: unknown };
  if (typeof length === "number" && Number.isInteger(length) && length >= 0) return;
  throw new MetricsError(`${caller}: expected ${name} to be an array of numbers, got ${describeValue(value)}.`);
}

/** A float64 copy; throws where an entry is no number. NaN and infinities are numbers here. */
export function toNumbers(caller: string, name: string, values: unknown): Float64Array {
  return core.toNumbers(caller, name, values, MetricsError);
}

/** The same of finite numbers. */
export function toFinite(caller: string, name: string, values: unknown): Float64Array {
  const numbers = toNumbers(caller, name, values);
  const bad = numbers.findIndex((value) => !Number.isFinite(value));
  if (bad < 0) return numbers;
  throw new MetricsError(`${caller}: expected ${name} to hold finite numbers, got ${numbers[bad]} at ${bad}.`);
}

/** Integers within [min, max], from numbers of any element type. */
export function toIntegers(caller: string, name: string, values: unknown, min: number, max: number): Int32Array {
  const numbers = toNumbers(caller, name, values);
  const bad = numbers.findIndex((value) => !(Number.isInteger(value) && value >= min && value <= max));
  if (bad < 0) return Int32Array.from(numbers);
  throw new MetricsError(`${caller}: expected ${name} to hold integers from ${min} to ${max}, got ${numbers[bad]} at ${bad}.`);
}
