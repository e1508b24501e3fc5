import { describeValue } from "@latentflow/core";
import { ConfigError } from "./errors.js";

/** Whether a value is an object of fields. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether it is a text that says something. */
export function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

/** Throws unless a value is a text that says something. */
export function checkText(caller: string, name: string, value: unknown, what = "a text"): void {
  if (isText(value)) return;
  throw new ConfigError(`${caller}: expected ${name} to be ${what}, got ${describeValue(value)}.`);
}

export function checkList(caller: string, name: string, value: unknown): asserts value is readonly unknown[] {
  if (Array.isArray(value)) return;
  throw new ConfigError(`${caller}: expected ${name} to be a list, got ${describeValue(value)}.`);
}
