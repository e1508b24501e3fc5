import type { Method } from "./method.js";

/** The largest h |λ| up to which steps of y′ = λ y with real λ < 0 do not grow; Infinity where the method does not tell. */
export function stabilityReach(method: Method): number {
  const coefficients = method.stabilityPolynomial?.();
  if (coefficients === undefined) return Number.POSITIVE_INFINITY;
  const growth = (x: number) => Math.abs(coefficients.reduceRight((sum, coefficient) => coefficient - x * sum, 0));
  let reach = RESOLUTION;
  while (reach < LARGEST && growth(reach + RESOLUTION) <= 1) reach += RESOLUTION;
  return reach;
}

const RESOLUTION = 0.01;
const LARGEST = 8;

/**
 * The largest h |λ| up to which a step's derivative follows e^(h λ), that of the solution, to within `tolerance`, for decay (real λ < 0)
 * and for oscillation (imaginary λ); Infinity where the method does not tell.
 */
export function faithfulReach(method: Method, tolerance: number): number {
  const coefficients = method.stabilityPolynomial?.();
  if (coefficients === undefined) return Number.POSITIVE_INFINITY;
  let reach = RESOLUTION;
  while (reach < LARGEST && deviation(coefficients, reach + RESOLUTION) <= tolerance) reach += RESOLUTION;
  return reach;
}

/** The larger of |R(−x) − e^(−x)| and |R(i x) − e^(i x)|. */
function deviation(coefficients: readonly number[], x: number): number {
  let [decay, real, imaginary] = [-Math.exp(-x), -Math.cos(x), -Math.sin(x)];
  coefficients.forEach((coefficient, k) => {
    const term = coefficient * x ** k;
    decay += k % 2 === 0 ? term : -term;
    const sign = k % 4 < 2 ? 1 : -1;
    if (k % 2 === 0) real += sign * term;
    else imaginary += sign * term;
  });
  return Math.max(Math.abs(decay), Math.hypot(real, imaginary));
}
