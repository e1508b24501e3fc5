import type { ExplicitMethod } from "./explicit/tableau.js";

/**
 * Coefficients of R(z) = 1 + z + …, by which one step multiplies the solution of y′ = λ y, z = h λ (Hairer & Wanner II, section IV.2);
 * R is also the derivative of a step with respect to its start.
 */
export function stabilityPolynomial({ coupling, weights }: ExplicitMethod): number[] {
  const coefficients = [1];
  // bᵀ A^(k−1) 1.
  let powers = weights.map(() => 1);
  for (let k = 1; k <= weights.length; k++) {
    coefficients.push(weights.reduce((total, weight, i) => total + weight * powers[i]!, 0));
    powers = coupling.map((row) => row.reduce((total, a, j) => total + a * powers[j]!, 0));
  }
  return coefficients;
}

/** The largest h |λ| up to which steps of y′ = λ y with real λ < 0 do not grow. */
export function stabilityReach(method: ExplicitMethod): number {
  const coefficients = stabilityPolynomial(method);
  const growth = (x: number) => Math.abs(coefficients.reduceRight((sum, coefficient) => coefficient - x * sum, 0));
  let reach = RESOLUTION;
  while (reach < LARGEST && growth(reach + RESOLUTION) <= 1) reach += RESOLUTION;
  return reach;
}

const RESOLUTION = 0.01;
const LARGEST = 8;

/**
 * The largest h |λ| up to which a step's derivative follows e^(h λ), that of the solution, to within `tolerance`, for decay (real λ < 0)
 * and for oscillation (imaginary λ).
 */
export function faithfulReach(method: ExplicitMethod, tolerance: number): number {
  const coefficients = stabilityPolynomial(method);
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
