import type { DeclaredOptions, GivenOptions } from "@latentflow/core";
import type { LengthController } from "../methods/method.js";

export const CONTROLLER = {
  /** Proportional exponent. Default 0. */
  p: { default: 0 },
  /** Integral exponent. Default 1. */
  i: { default: 1 },
  /** Derivative exponent. Default 0. */
  d: { default: 0 },
  /** Factor kept below the step that would just pass, 0 to 1. Default 0.9. */
  safety: { default: 0.9 },
  /** Smallest factor between consecutive steps. Default 0.2. */
  minFactor: { default: 0.2 },
  /** Largest factor between consecutive steps. Default 10. */
  maxFactor: { default: 10 },
} as const satisfies DeclaredOptions;

/** Exponents of a PID step-size controller, before division by the method's order. */
export interface ControllerCoefficients extends GivenOptions<typeof CONTROLLER> {}

/**
 * `I`: the classic controller (Hairer, Nørsett & Wanner I, eq. II.4.13).
 * `PI`: p 0.4, i 0.3: smoother steps where stability limits them (Gustafsson, ACM TOMS 17 (1991)).
 * `PID`: exponents 0.58, −0.21, 0.1 on the last three errors (Kennedy & Carpenter, Appl. Numer. Math. 44 (2003)).
 */
export type ControllerName = "I" | "PI" | "PID";

export const CONTROLLERS: Readonly<Record<ControllerName, ControllerCoefficients>> = {
  I: { p: 0, i: 1, d: 0 },
  PI: { p: 0.4, i: 0.3, d: 0 },
  PID: { p: 0.01, i: 0.47, d: 0.1 },
};

/**
 * Chooses the next step from the error ratios of the last three (Söderlind, ACM TOMS 29 (2003)):
 * `factor = safety · r₀^(−(i+p+d)/k) · r₁^((p+2d)/k) · r₂^(−d/k)`, at least 1 after an accepted step and below 1 after a rejected one.
 */
export class StepController implements LengthController {
  readonly #exponents: readonly [number, number, number];
  readonly #safety: number;
  readonly #minFactor: number;
  readonly #maxFactor: number;
  #previous = 1;
  #beforePrevious = 1;

  /** @param order k: the order of the local error estimate plus 1 */
  constructor(coefficients: ControllerCoefficients, order: number) {
    const { p = CONTROLLER.p.default, i = CONTROLLER.i.default, d = CONTROLLER.d.default } = coefficients;
    const { safety, minFactor, maxFactor } = CONTROLLER;
    this.#exponents = [-(i + p + d) / order, (p + 2 * d) / order, -d / order];
    this.#safety = coefficients.safety ?? safety.default;
    this.#minFactor = coefficients.minFactor ?? minFactor.default;
    this.#maxFactor = coefficients.maxFactor ?? maxFactor.default;
  }

  /** The factor for the step after one with this error ratio; accepted when the ratio is at most 1. NaN and Infinity shrink. */
  factor(ratio: number): number {
    if (!Number.isFinite(ratio)) return this.#minFactor;
    if (ratio === 0) return this.#maxFactor;
    const [current, previous, beforePrevious] = this.#exponents;
    let wanted = this.#safety * ratio ** current;
    if (previous !== 0) wanted *= this.#previous ** previous;
    if (beforePrevious !== 0) wanted *= this.#beforePrevious ** beforePrevious;
    if (ratio > 1) return Math.min(this.#safety, Math.max(this.#minFactor, wanted));
    this.#beforePrevious = this.#previous;
    this.#previous = ratio;
    return Math.min(this.#maxFactor, Math.max(ratio < 1 ? 1 : this.#minFactor, wanted));
  }
}
