import { checkOptions, checkRequired, describeValue } from "@latentflow/core";
import { ConfigError } from "./errors.js";

/** Whether a value is an object of fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Throws unless a value is a text that says something. */
export function checkText(caller: string, name: string, value: unknown, what = "a text"): void {
  if (typeof value === "string" && value !== "") return;
  throw new ConfigError(`${caller}: expected ${name} to be ${what}, got ${describeValue(value)}.`);
}

export function checkFunction(caller: string, name: string, value: unknown): void {
  if (typeof value === "function") return;
  throw new ConfigError(`${caller}: expected ${name} to be a function, got ${describeValue(value)}.`);
}

export function checkBoolean(caller: string, name: string, value: unknown): void {
  if (typeof value === "boolean") return;
  throw new ConfigError(`${caller}: expected ${name} to be true or false, got ${describeValue(value)}.`);
}

export function checkList(caller: string, name: string, value: unknown): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return;
  throw new ConfigError(`${caller}: expected ${name} to be a list, got ${describeValue(value)}.`);
}

/** Checks what long work has in common: `onEvent` and `signal`, both optional. */
export function checkWatch(caller: string, { onEvent, signal }: { readonly onEvent?: unknown; readonly signal?: unknown }): void {
  if (onEvent !== undefined) checkFunction(caller, "onEvent", onEvent);
  if (signal === undefined || signal instanceof AbortSignal) return;
  throw new ConfigError(`${caller}: expected signal to be an AbortSignal, got ${describeValue(signal)}; give controller.signal.`);
}

/** Throws unless options hold all that is required, and nothing unknown. */
export function checkAllOptions(
  caller: string,
  options: unknown,
  required: readonly string[],
  optional: readonly string[],
): asserts options is object {
  checkRequired(caller, options, required, ConfigError);
  checkOptions(caller, options, [...required, ...optional], ConfigError);
}
