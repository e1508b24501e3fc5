import { type DeclaredOptions, type GivenOptions, isGiven, readOptions } from "./declared-options.js";
import { CoreError, describeValue } from "./errors.js";
import { checkNumber, type ErrorClass } from "./options.js";

/** How the edited pictures' distribution over an attribute's classes is compared with the start's. */
export const DIVERGENCES = ["kl", "hellinger"] as const;
export type Divergence = (typeof DIVERGENCES)[number];

const PRESERVATION = {
  /**
   * "kl" (default): KL(start ‖ edited), without an upper bound, so that one attribute can outweigh all others. "hellinger": the squared Hellinger
   * distance 1 − Σ √(p q), between 0 and 1.
   */
  divergence: { default: "kl", choices: DIVERGENCES },
  /** τ of the edited side (default the request's `temperature`). */
  temperature: { optional: true, above: 0 },
  /** τ of the start's side (default 1). */
  originalTemperature: { default: 1, above: 0 },
  /** Factor of each attribute's term, one an attribute (default 1); the edited attribute has no term. */
  attributeWeights: { optional: true, is: isGiven<ArrayLike<number>>, expected: "one number ≥ 0 for each attribute" },
} as const satisfies DeclaredOptions;

/** What the second term of an edit's loss measures of the attributes that shall stay. What is left out is equation 5's. */
export interface Preservation extends GivenOptions<typeof PRESERVATION> {}

/** The term as an option of a caller's, for messages that call its parts `preservation.temperature`. */
const WITHIN = { preservation: { options: PRESERVATION } } as const satisfies DeclaredOptions;

/** The same with everything filled in. */
export interface CompletePreservation {
  readonly divergence: Divergence;
  readonly temperature: number;
  readonly originalTemperature: number;
  readonly attributeWeights: readonly number[];
}

/**
 * Completes and checks a preservation term.
 *
 * @param context.temperature of the first term
 * @param context.attributes how many there are
 * @throws where a part is unknown or does not fit
 */
export function completePreservation(
  caller: string,
  preservation: Preservation | undefined,
  context: { readonly temperature: number; readonly attributes: number },
  ErrorType: ErrorClass = CoreError,
): CompletePreservation {
  const given = readOptions(caller, WITHIN, { preservation }, ErrorType).preservation;
  const { temperature = context.temperature, attributeWeights = Array<number>(context.attributes).fill(1) } = given;
  const name = "preservation.attributeWeights";
  return {
    ...given,
    temperature: checkNumber(caller, "preservation.temperature", temperature, PRESERVATION.temperature, ErrorType),
    attributeWeights: checkFactors(caller, name, attributeWeights, context.attributes, "attribute", ErrorType),
  };
}

/** How much each code counts in the first term: one number ≥ 0 a code, 1 when none are given. */
export function completeCodeWeights(
  caller: string,
  weights: ArrayLike<number> | undefined,
  codes: number,
  ErrorType: ErrorClass = CoreError,
): readonly number[] {
  checkNumber(caller, "the number of codes", codes, { min: 0, integer: true }, ErrorType);
  if (weights === undefined) return Array<number>(codes).fill(1);
  return checkFactors(caller, "codeWeights", weights, codes, "code", ErrorType);
}

function checkFactors(
  caller: string,
  name: string,
  factors: unknown,
  count: number,
  of: string,
  ErrorType: ErrorClass,
): readonly number[] {
  const { length } = (factors ?? {}) as { length?: unknown };
  const numbers = typeof factors === "object" && length === count ? Array.from(factors as ArrayLike<number>) : [];
  if (numbers.length === count && numbers.every((x) => Number.isFinite(x) && x >= 0)) return numbers;
  throw new ErrorType(
    `${caller}: expected ${name} to be ${count} finite numbers ≥ 0, one for each ${of}, got ${numbers.length > 0 ? numbers.slice(0, 8).join(", ") : describeValue(factors)}.`,
  );
}
