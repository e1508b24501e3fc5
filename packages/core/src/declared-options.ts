import { CoreError, describeValue } from "./errors.js";
import { checkChoice, checkNumber, checkOptions, checkRequired, type ErrorClass, type NumberLimits } from "./options.js";

/**
 * An option: a number within limits, true or false, or one of several words. One without a default must be given, unless it is a number that may be
 * left `optional`: undefined then, for the function to choose.
 */
export type DeclaredOption =
  | (NumberLimits & { readonly default?: number; readonly optional?: true })
  | { readonly default: boolean }
  | { readonly choices: readonly string[]; readonly default?: string };

export type DeclaredOptions = Readonly<Record<string, DeclaredOption>>;

type ValueOf<D> = D extends { readonly choices: readonly (infer Choice)[] }
  ? Choice
  : D extends { readonly default: boolean }
    ? boolean
    : number;

/** The same as it is read. */
type ReadOf<D> = ValueOf<D> | (D extends { readonly optional: true } ? undefined : never);

type MayBeLeftOut = { readonly default: unknown } | { readonly optional: true };
type Optional<D> = { [K in keyof D]: D[K] extends MayBeLeftOut ? K : never }[keyof D];

/** Declared options as a caller gives them. */
export type GivenOptions<D> = { readonly [K in keyof D as Exclude<K, Optional<D>>]: ValueOf<D[K]> } & {
  readonly [K in keyof D as Extract<K, Optional<D>>]?: ValueOf<D[K]>;
};

/** Declared options with their defaults filled in. */
export type OptionValues<D> = { readonly [K in keyof D]: ReadOf<D[K]> };

/**
 * Reads options that are declared once; names, defaults, checks and types follow. Comments of a declaration are those of the options, too.
 *
 *     const MOVIE = {
 *       // Frames a second (default 16).
 *       framesPerSecond: { default: 16, above: 0, max: 60 },
 *       look: { default: "smooth", choices: ["smooth", "nearest"] },
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
  const required = Object.entries(declared).flatMap(([name, option]) => {
    return option.default === undefined && !("optional" in option) ? name : [];
  });
  if (required.length > 0) checkRequired(caller, options, required, ErrorType);
  checkOptions(caller, options, [...Object.keys(declared), ...others], ErrorType);
  const given = (options ?? {}) as Readonly<Record<string, unknown>>;
  const values = Object.entries(declared).map(([name, option]) => [name, checked(caller, name, given[name], option, ErrorType)]);
  return Object.fromEntries(values) as OptionValues<D>;
}

function checked(caller: string, name: string, value: unknown, option: DeclaredOption, ErrorType: ErrorClass): unknown {
  if (value === undefined) return option.default;
  if ("choices" in option) return checkChoice(caller, name, value, option.choices, ErrorType);
  if (typeof option.default !== "boolean") return checkNumber(caller, name, value, option as NumberLimits, ErrorType);
  if (typeof value === "boolean") return value;
  throw new ErrorType(`${caller}: expected ${name} to be true or false, got ${describeValue(value)}.`);
}
