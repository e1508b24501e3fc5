import { checkTableau } from "./check-tableau.js";
import { methodOf } from "./method-of.js";
import type { ExplicitMethod, Tableau } from "./tableau.js";

/**
 * An explicit Runge–Kutta method from its coefficients: the `method` of any solve.
 *
 * @example
 * const ssprk3 = explicitMethod({ name: "ssprk3", order: 3, nodes: [0, 1, 0.5], coupling: [[], [1], [0.25, 0.25]], weights: [1 / 6, 1 / 6, 2 / 3] });
 *
 * @throws OdeError unless row sums Σⱼ aᵢⱼ = cᵢ, Σ b = 1, Σ (b − b̂) = 0, and dense output ends in b
 */
export function explicitMethod(tableau: Tableau): ExplicitMethod {
  checkTableau(tableau);
  const { name, order, nodes, coupling, weights, errorWeights, dense } = tableau;
  const optional = { ...(errorWeights && { errorWeights }), ...(dense && { dense }) };
  // A method is frozen; the caller's own lists are not.
  return methodOf(structuredClone({ name, order, nodes, coupling, weights, ...optional }));
}
