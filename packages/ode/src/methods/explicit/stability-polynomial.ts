/**
 * Coefficients of R(z) = 1 + z + …, by which one step multiplies the solution of y′ = λ y, z = h λ (Hairer & Wanner II, section IV.2);
 * R is also the derivative of a step with respect to its start.
 */
export function stabilityPolynomial(coupling: readonly (readonly number[])[], weights: readonly number[]): number[] {
  const coefficients = [1];
  // bᵀ A^(k−1) 1.
  let powers = weights.map(() => 1);
  for (let k = 1; k <= weights.length; k++) {
    coefficients.push(weights.reduce((total, weight, i) => total + weight * powers[i]!, 0));
    powers = coupling.map((row) => row.reduce((total, a, j) => total + a * powers[j]!, 0));
  }
  return coefficients;
}
