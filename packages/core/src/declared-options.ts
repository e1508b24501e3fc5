import { CoreError, describeValue } from "./errors.js";
import {
  checkChoice,
  checkNumber,
  checkOptions,
  checkRequired,
  type ErrorClass,
  isOptionsObject,
  type NumberLimits,
} from "./options.js";

/** What an option may be. One without a default must be given, unless it is `optional`: undefined then, for the function to choose. */
export type DeclaredOption = { readonly optional?: true } & (
  | (NumberLimits & { readonly default?: number })
  | { readonly default: boolean }
  | { readonly choices: readonly string[]; readonly default?: string }
  | ValueOption
  /** Options within this one; messages call them `truncation.psi`. */
  | { readonly options: DeclaredOptions }
  /** A value with messages of its own, of the type that `check` takes: throws, or returns what the function reads in its place. */
  | { readonly check: (caller: string, value: never, name: string) => unknown; readonly default?: unknown }
);

/** A value of any other kind: `is` tells it, `expected` says it in words, such as "an array of names". */
interface ValueOption {
  readonly is: (value: unknown) => boolean;
  readonly expected: string;
  readonly default?: unknown;
}

export type DeclaredOptions = Readonly<Record<string, DeclaredOption>>;

/** What a caller gives. */
type ValueOf<D> = D extends { readonly is: (value: unknown) => value is infer Value }
  ? Value
  : D extends { readonly check: (caller: string, value: infer Value, name: string) => unknown }
    ? Value
    : D extends { readonly options: infer Inner }
      ? GivenOptions<Inner>
      : D extends { readonly choices: readonly (infer Choice)[] }
        ? Choice
        : D extends { readonly default: boolean }
          ? boolean
          : number;

/** The same as it is read. */
type ReadOf<D> =
  | (D extends { readonly options: infer Inner }
      ? OptionValues<Inner>
      : D extends { readonly check: (caller: string, value: never, name: string) => infer Value }
        ? Value
        : ValueOf<D>)
  | (D extends { readonly optional: true } ? undefined : never);

type MayBeLeftOut = { readonly default: unknown } | { readonly optional: true };
type Optional<D> = { [K in keyof D]: D[K] extends MayBeLeftOut ? K : never }[keyof D];

/** Declared options as a caller gives them. */
export type GivenOptions<D> = { readonly [K in keyof D as Exclude<K, Optional<D>>]: ValueOf<D[K]> } & {
  readonly [K in keyof D as Extract<K, Optional<D>>]?: ValueOf<D[K]> | undefined;
};

/** Declared options with their defaults filled in. */
export type OptionValues<D> = { readonly [K in keyof D]: ReadOf<D[K]> };

/** For `is` of an option that is a function: `is: isFunction<(done: number) => void>`. What it takes and gives can't be seen before it is called. */
export function isFunction<F extends (...inputs: never[]) => unknown>(value: unknown): value is F {
  return typeof value === "function";
}

/** For `is` of an option that is a list, what stands in it being checked elsewhere: `is: isList<Attribute>`. */
export function isList<T>(value: unknown): value is readonly T[] {
  return Array.isArray(value);
}

/** For `is` of a value that the function checks itself, with what else it knows by then: `is: isGiven<Codes>`. */
export function isGiven<T>(value: unknown): value is T {
  return value !== undefined;
}

/** The option `signal` of long work. */
export const SIGNAL = {
  optional: true,
  is: (value: unknown): value is AbortSignal => typeof (value as AbortSignal | null)?.aborted === "boolean",
  expected: "an AbortSignal (controller.signal)",
} as const;

/**
 * Reads options that are declared once; names, defaults, checks and types follow. Comments of a declaration are those of the options, too.
 *
 *     const MOVIE = {
 *       // Frames a second (default 16).
 *       framesPerSecond: { default: 16, above: 0, max: 60 },
 *       look: { default: "smooth", choices: ["smooth", "nearest"] },
 *       signal: SIGNAL,
 *     } as const satisfies DeclaredOptions;
 *     export interface MovieOptions extends GivenOptions<typeof MOVIE> {}
 *
 * @param others names of further options, which the caller checks
 * @throws where a name is unknown, an option is missing, or a value is not what is declared
 */
export function readOptions<D extends DeclaredOptions>(
  caller: string,
  declared: D,
  options: object | undefined,
  ErrorType: ErrorClass = CoreError,
  others: readonly string[] = [],
): OptionValues<D> {
  return readWithin(caller, "", declared, options, ErrorType, others) as OptionValues<D>;
}

/** @param path of the option that these stand in, such as "truncation" */
function readWithin(
  caller: string,
  path: string,
  declared: DeclaredOptions,
  options: unknown,
  ErrorType: ErrorClass,
  others: readonly string[] = [],
): unknown {
  const names = Object.keys(declared);
  const given = (options === undefined ? {} : options) as Readonly<Record<string, unknown>>;
  // The list of all that is known is made for a message alone: short solves of a differential equation are asked for a million times.
  const isUnknown = (name: string) => !Object.hasOwn(declared, name) && !others.includes(name);
  if (!isOptionsObject(given) || Object.keys(given).some(isUnknown))
    checkOptions(path === "" ? caller : `${caller}: ${path}`, given, [...names, ...others], ErrorType);
  const values: Record<string, unknown> = {};
  for (const name of names) {
    const option = declared[name]!;
    const value = given[name];
    if (value === undefined && mayBeLeftOut(option)) {
      values[name] = option.default;
      continue;
    }
    // A check of its own says itself what is missing, and so do options within this one.
    if (value === undefined && path === "" && !("check" in option || "options" in option)) {
      const required = names.filter((each) => !mayBeLeftOut(declared[each]!) && !("options" in declared[each]!));
      checkRequired(caller, options, required, ErrorType);
    }
    values[name] = readValue(caller, path === "" ? name : `${path}.${name}`, value, option, ErrorType);
  }
  return values;
}

function readValue(caller: string, name: string, value: unknown, option: DeclaredOption, ErrorType: ErrorClass): unknown {
  if ("choices" in option) return checkChoice(caller, name, value, option.choices, ErrorType);
  if ("options" in option) return readWithin(caller, name, option.options, value, ErrorType);
  if ("check" in option) return option.check(caller, value as never, name);
  const isValue = "is" in option ? option.is : typeof option.default === "boolean" ? isBoolean : undefined;
  if (isValue === undefined) return checkNumber(caller, name, value, option as NumberLimits, ErrorType);
  if (isValue(value)) return value;
  const expected = "is" in option ? option.expected : "true or false";
  throw new ErrorType(`${caller}: expected ${name} to be ${expected}, got ${describeValue(value)}.`);
}

const mayBeLeftOut = (option: DeclaredOption): option is DeclaredOption & { readonly default?: unknown } =>
  option.optional === true || "default" in option;

const isBoolean = (value: unknown) => typeof value === "boolean";
