import { diagonalMethod } from "./diagonal-method.js";
import type { DiagonalMethod } from "./diagonal-tableau.js";

/**
 * Alexander's method of order 2 with two implicit stages, L-stable and stiffly accurate; error against the first-order solution that the stages'
 * slopes extrapolate to, filtered. Dense output: cubic Hermite, order 2.
 *
 * Source: R. Alexander, Diagonally implicit Runge–Kutta methods for stiff O.D.E.'s, SIAM J. Numer. Anal. 14 (1977), theorem 5.
 */
export const sdirk2 = /* @__PURE__ */ make();

/** A function makes the method: a bundler drops that where it is not used, but not the fractions of a table at the top of a module. */
function make(): DiagonalMethod {
  const gamma = 1 - Math.SQRT1_2;

  return diagonalMethod({
    name: "sdirk2",
    order: 2,
    nodes: [0, gamma, 1],
    coupling: [[0], [0, gamma], [0, 1 - gamma, gamma]],
    weights: [0, 1 - gamma, gamma],
    errorWeights: [0, -gamma, gamma],
    filtersError: true,
  });
}
