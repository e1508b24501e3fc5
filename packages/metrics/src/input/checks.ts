import * as core from "@latentflow/core";
import { describeValue } from "@latentflow/core";
import { MetricsError } from "../errors.js";

/** Numbers of any element type; int64 arrays, as NumPy and PyTorch make them, hold BigInts. */
export type Numbers = ArrayLike<number> | ArrayLike<bigint>;

/** Throws when `options` is no object, lacks what `required` names, or holds a key the function does not know. */
export function checkOptions(
  caller: string,
  options: object | undefined,
  known: readonly string[],
  required: readonly string[] = [],
): void {
  if (required.length > 0) core.checkRequired(caller, options, required, MetricsError);
  core.checkOptions(caller, options, known, MetricsError);
}

/** Returns `value` when it is an integer within [min, max]. */
export function checkInteger(caller: string, name: string, value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  return core.checkNumber(caller, name, value, { integer: true, min, max }, MetricsError);
}

/** Returns `value` when it lies strictly between 0 and 1. */
export function checkFraction(caller: string, name: string, value: unknown): number {
  if (typeof value === "number" && value > 0 && value < 1) return value;
  throw new MetricsError(`${caller}: expected ${name} to lie between 0 and 1, got ${describeValue(value)}.`);
}

/** Returns `value` when it is true or false. */
export function checkBoolean(caller: string, name: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new MetricsError(`${caller}: expected ${name} to be true or false, got ${describeValue(value)}.`);
}

/** Returns `value` when it is one of `choices`. */
export function checkChoice<T extends string>(caller: string, name: string, value: unknown, choices: readonly T[]): T {
  if (choices.includes(value as T)) return value as T;
  const list = choices.map((choice) => JSON.stringify(choice)).join(" or ");
  throw new MetricsError(`${caller}: expected ${name} to be ${list}, got ${describeValue(value)}.`);
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
  checkArray(caller, name, values);
  return Float64Array.from(values, (value, i) => {
    if (typeof value === "number" || typeof value === "bigint") return Number(value);
    throw new MetricsError(`${caller}: expected ${name} to hold numbers, got ${describeValue(value)} at ${i}.`);
  });
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
