import { CoreError, describeValue, type LatentflowError } from "./errors.js";

type ErrorClass = new (message: string) => LatentflowError;

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
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new ErrorType(`${caller}: expected an options object, got ${describeValue(options)}.`);
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length === 0) return;
  const hints = unknown.map((key) => {
    const near = nearest(key, known);
    return near === undefined ? `"${key}"` : `"${key}" (did you mean "${near}"?)`;
  });
  const list = known.length === 0 ? "it takes none" : `known options: ${known.join(", ")}`;
  throw new ErrorType(`${caller}: unknown option ${hints.join(", ")}; ${list}.`);
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

/** Throws unless `value` is a finite number within the limits given. Returns the value, so that it can be used in an expression. */
export function checkNumber(
  caller: string,
  name: string,
  value: unknown,
  limits: { min?: number; max?: number; above?: number; integer?: boolean } = {},
  ErrorType: ErrorClass = CoreError,
): number {
  const { min, max, above, integer } = limits;
  const fits =
    typeof value === "number" &&
    Number.isFinite(value) &&
    (min === undefined || value >= min) &&
    (max === undefined || value <= max) &&
    (above === undefined || value > above) &&
    (!integer || Number.isInteger(value));
  if (fits) return value;
  const bounds = [
    above === undefined ? "" : `> ${above}`,
    min === undefined ? "" : `≥ ${min}`,
    max === undefined ? "" : `≤ ${max}`,
  ].filter(Boolean);
  const kind = integer ? "an integer" : "a finite number";
  throw new ErrorType(
    `${caller}: expected ${name} to be ${kind}${bounds.length ? ` ${bounds.join(" and ")}` : ""}, got ${describeValue(value)}.`,
  );
}

/** Throws unless `value` is one of `choices`. */
export function checkChoice<T extends string>(
  caller: string,
  name: string,
  value: unknown,
  choices: readonly T[],
  ErrorType: ErrorClass = CoreError,
): T {
  if (choices.includes(value as T)) return value as T;
  const near = typeof value === "string" ? nearest(value, choices) : undefined;
  const hint = near === undefined ? "" : ` Did you mean "${near}"?`;
  throw new ErrorType(`${caller}: expected ${name} to be one of ${choices.join(", ")}, got ${describeValue(value)}.${hint}`);
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
