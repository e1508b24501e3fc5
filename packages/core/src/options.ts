import { CoreError, describeValue, type LatentflowError } from "./errors.js";

/** A package's error class. */
export type ErrorClass = new (message: string) => LatentflowError;

/**
 * Throws when `options` holds a key that is not in `known`: a misspelt option must never be ignored silently.
 *
 * @param caller name of the public function, for the message
 * @param known every key the function understands
 * @param ErrorType the calling package's error class (default CoreError)
 */
export function checkOptions(
  caller: string,
  options: object | undefined,
  known: readonly string[],
  ErrorType: ErrorClass = CoreError,
): void {
  checkList(caller, "the known options", known);
  if (options === undefined) return;
  if (!isOptionsObject(options)) {
    throw new ErrorType(`${caller}: expected an options object, got ${describeValue(options)}.`);
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw new ErrorType(`${caller}: ${describeUnknown(unknown, known)}`);
}

/** Whether it can hold options: of promises, maps and arrays every one would be overlooked. */
export function isOptionsObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !("then" in value || Symbol.iterator in value);
}

/** The end of a message about keys that are not known: `unknown option "sed" (did you mean "seed"?); known options: seed, name.` */
export function describeUnknown(unknown: readonly string[], known: readonly string[]): string {
  checkList("describeUnknown", "the unknown words", unknown);
  checkList("describeUnknown", "the known words", known);
  const hints = unknown.map((key) => {
    const near = nearest(key, known);
    return near === undefined ? `"${key}"` : `"${key}" (did you mean "${near}"?)`;
  });
  const list = known.length === 0 ? "it takes none" : `known options: ${known.join(", ")}`;
  return `unknown option ${hints.join(", ")}; ${list}.`;
}

/**
 * Throws unless `options` is an object that holds everything in `required`. For functions that cannot do without: where options were forgotten,
 * the platform would only say what it cannot destructure.
 *
 * @param required keys whose values must not be undefined
 */
export function checkRequired(
  caller: string,
  options: unknown,
  required: readonly string[],
  ErrorType: ErrorClass = CoreError,
): asserts options is object {
  checkList(caller, "the required options", required);
  const isRecord = typeof options === "object" && options !== null && !Array.isArray(options);
  const missing = isRecord ? required.filter((key) => (options as Record<string, unknown>)[key] === undefined) : [];
  if (isRecord && missing.length === 0) return;
  const list = required.length < 2 ? required.join("") : `${required.slice(0, -1).join(", ")} and ${required.at(-1)}`;
  const wanted = list && ` with ${list}`;
  const got = isRecord ? `no ${missing.join(", no ")}` : describeValue(options);
  throw new ErrorType(`${caller}: expected an options object${wanted}, got ${got}.`);
}

/**
 * Throws unless `value` is a tensor that has not been disposed. By its members, not by its class: there may be two copies of tfjs.
 *
 * @param expected what the message asks for, such as "codes [n, 512]" (default: a tensor)
 */
export function checkTensor(
  caller: string,
  name: string,
  value: unknown,
  expected = "a tensor",
  ErrorType: ErrorClass = CoreError,
): void {
  const tensor = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const isTensor = Array.isArray(tensor.shape) && typeof tensor.dtype === "string" && typeof tensor.dispose === "function";
  if (isTensor && tensor.isDisposed !== true) return;
  const advice = isTensor ? " Dispose it after its last use, or keep it from a tidy with tf.keep." : "";
  throw new ErrorType(`${caller}: expected ${name} to be ${expected}, got ${describeValue(value)}.${advice}`);
}

/** Between which values a number makes sense. */
export interface NumberLimits {
  readonly min?: number | undefined;
  readonly max?: number | undefined;
  /** A lower bound that is itself too small. */
  readonly above?: number | undefined;
  /** An upper bound that is itself too large. */
  readonly below?: number | undefined;
  readonly integer?: boolean | undefined;
  /** Whether an infinite number is one, too: no limit. */
  readonly infinite?: boolean | undefined;
}

/** What numbers within limits are, in words: "an integer ≥ 1 and ≤ 9". */
export function describeLimits(limits: NumberLimits): string {
  const { min, max, above, below, integer, infinite } = limits ?? {};
  const bounds = [
    above === undefined ? "" : `> ${above}`,
    min === undefined ? "" : `≥ ${min}`,
    max === undefined ? "" : `≤ ${max}`,
    below === undefined ? "" : `< ${below}`,
  ].filter(Boolean);
  const kind = integer ? "an integer" : infinite ? "a number" : "a finite number";
  return `${kind}${bounds.length ? ` ${bounds.join(" and ")}` : ""}${integer && infinite ? " or Infinity" : ""}`;
}

/** Throws unless `value` is a finite number within the limits given. Returns the value, so that it can be used in an expression. */
export function checkNumber(
  caller: string,
  name: string,
  value: unknown,
  limits: NumberLimits = {},
  ErrorType: ErrorClass = CoreError,
): number {
  const { min, max, above, below, integer, infinite = false } = limits ?? {};
  const fits =
    typeof value === "number" &&
    !Number.isNaN(value) &&
    (infinite || Number.isFinite(value)) &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above) &&
    (below === undefined || value < below) &&
    (!integer || Number.isInteger(value) || !Number.isFinite(value));
  if (fits) return value;
  throw new ErrorType(`${caller}: expected ${name} to be ${describeLimits(limits)}, got ${describeValue(value)}.`);
}

/** Throws unless `value` is one of `choices`. */
export function checkChoice<T extends string>(
  caller: string,
  name: string,
  value: unknown,
  choices: readonly T[],
  ErrorType: ErrorClass = CoreError,
): T {
  checkList(caller, "the choices", choices);
  if (choices.includes(value as T)) return value as T;
  throw new ErrorType(`${caller}: expected ${name} to be ${describeChoice(value, choices)}`);
}

/** The end of a message about a value that is none of `choices`: `one of all, none, got "al". Did you mean "all"?` */
export function describeChoice(value: unknown, choices: readonly string[]): string {
  checkList("describeChoice", "the choices", choices);
  const near = typeof value === "string" ? nearest(value, choices) : undefined;
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  return `one of ${choices.join(", ")}, got ${describeValue(value)}.${hint}`;
}

/** Throws unless the caller of a check gave it the words to check against. */
function checkList(caller: string, name: string, words: unknown): void {
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) return;
  throw new CoreError(`${caller}: expected ${name} to be an array of strings, got ${describeValue(words)}.`);
}

/** The known word closest to a misspelt one, if it is close enough to be meant. */
function nearest(word: string, known: readonly string[]): string | undefined {
  const lower = word.toLowerCase();
  const scored = known.map((candidate) => ({ candidate, distance: editDistance(lower, candidate.toLowerCase()) }));
  scored.sort((a, b) => a.distance - b.distance);
  const best = scored[0];
  return best !== undefined && best.distance <= Math.max(1, Math.floor(word.length / 3)) ? best.candidate : undefined;
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(previous[j]! + 1, row[j - 1]! + 1, substitution));
    }
    previous = row;
  }
  return previous[b.length]!;
}
