import { CoreError, describeValue } from "./errors.js";
import { checkChoice, checkNumber, checkOptions, type ErrorClass } from "./options.js";

/** How the edited pictures' distribution over an attribute's classes is compared with the start's. */
export const DIVERGENCES = ["kl", "hellinger"] as const;
export type Divergence = (typeof DIVERGENCES)[number];

/** What the second term of an edit's loss measures of the attributes that shall stay. What is left out is equation 5's. */
export interface Preservation {
  /**
   * "kl" (default): KL(start ‖ edited), without an upper bound, so that one attribute can outweigh all others. "hellinger": the squared Hellinger
   * distance 1 − Σ √(p q), between 0 and 1.
   */
  readonly divergence?: Divergence;
  /** τ of the edited side (default the request's `temperature`). */
  readonly temperature?: number;
  /** τ of the start's side (default 1). */
  readonly originalTemperature?: number;
  /** Factor of each attribute's term, one an attribute (default 1); the edited attribute has no term. */
  readonly attributeWeights?: ArrayLike<number>;
}

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
  const names = ["divergence", "temperature", "originalTemperature", "attributeWeights"];
  checkOptions(`${caller}: preservation`, preservation, names, ErrorType);
  const { divergence = "kl", temperature = context.temperature, originalTemperature = 1 } = preservation ?? {};
  const { attributeWeights = Array<number>(context.attributes).fill(1) } = preservation ?? {};
  const positive = { above: 0 };
  return {
    divergence: checkChoice(caller, "preservation.divergence", divergence, DIVERGENCES, ErrorType),
    temperature: checkNumber(caller, "preservation.temperature", temperature, positive, ErrorType),
    originalTemperature: checkNumber(caller, "preservation.originalTemperature", originalTemperature, positive, ErrorType),
    attributeWeights: checkFactors(
      caller,
      "preservation.attributeWeights",
      attributeWeights,
      context.attributes,
      "attribute",
      ErrorType,
    ),
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
