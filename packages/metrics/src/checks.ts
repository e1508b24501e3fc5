import { MetricsError } from "./errors.js";

/** Throws when `options` holds a key the function does not know: a misspelt option must never be ignored. */
export function checkOptions(caller: string, options: object | undefined, known: readonly string[]): void {
  const unknown = Object.keys(options ?? {}).filter((key) => !known.includes(key));
  if (unknown.length > 0) {
    throw new MetricsError(
      `${caller}: unknown option ${unknown.map((key) => `"${key}"`).join(", ")}; known options: ${known.join(", ")}.`,
    );
  }
}

/** Returns `value` when it is an integer within [min, max]. */
export function checkInteger(caller: string, name: string, value: number, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new MetricsError(`${caller}: expected ${name} to be an integer from ${min} to ${max}, got ${value}.`);
}

/** Returns `value` when it lies strictly between 0 and 1. */
export function checkFraction(caller: string, name: string, value: number): number {
  if (value > 0 && value < 1) return value;
  throw new MetricsError(`${caller}: expected ${name} to lie between 0 and 1, got ${value}.`);
}

/** Throws unless two sequences have the same length. */
export function checkSameLength(caller: string, what: string, a: number, b: number): void {
  if (a !== b) throw new MetricsError(`${caller}: expected ${what} to have the same length, got ${a} and ${b}.`);
}
