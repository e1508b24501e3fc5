import type { LengthController } from "../method.js";

const SAFETY = 0.9;
const SMALLEST_FACTOR = 0.2;
const LARGEST_FACTOR = 10;
/** A length that could grow by less stays: factors of its matrix serve on. */
const WORTHWHILE = 1.2;
const LEAST_ERROR = 0.01;

/**
 * Gustafsson's predictive controller: takes from the last two errors how the error's size changes along the solution, and shortens a step before it would
 * be rejected (Hairer & Wanner, Solving Ordinary Differential Equations II, eq. IV.8.24).
 */
export class PredictiveController implements LengthController {
  readonly #order: number;
  #length = 0;
  #error = LEAST_ERROR;

  /** @param order of the error estimate plus 1 */
  constructor(order: number) {
    this.#order = order;
  }

  factor(error: number, length: number): number {
    if (!Number.isFinite(error)) return SMALLEST_FACTOR;
    const least = Math.max(error, Number.MIN_VALUE);
    const classic = SAFETY * least ** (-1 / this.#order);
    if (error > 1) return Math.min(SAFETY, Math.max(SMALLEST_FACTOR, classic));
    const predictive =
      this.#length === 0 ? classic : SAFETY * (length / this.#length) * (this.#error / least ** 2) ** (1 / this.#order);
    this.#length = length;
    this.#error = Math.max(LEAST_ERROR, error);
    const factor = Math.min(LARGEST_FACTOR, Math.max(SMALLEST_FACTOR, Math.min(classic, predictive)));
    return factor >= 1 && factor < WORTHWHILE ? 1 : factor;
  }
}
