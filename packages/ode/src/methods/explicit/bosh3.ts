import { cubicHermite } from "./dense-output.js";
import { methodOf } from "./method-of.js";

const weights = [2 / 9, 1 / 3, 4 / 9, 0];

/**
 * Bogacki–Shampine 3(2), first same as last. Dense output: cubic Hermite, order 3.
 *
 * Source: P. Bogacki & L. F. Shampine, A 3(2) pair of Runge–Kutta formulas, Appl. Math. Lett. 2 (1989).
 */
export const bosh3 = methodOf({
  name: "bosh3",
  order: 3,
  nodes: [0, 1 / 2, 3 / 4, 1],
  coupling: [[], [1 / 2], [0, 3 / 4], [2 / 9, 1 / 3, 4 / 9]],
  weights,
  errorWeights: [2 / 9 - 7 / 24, 1 / 3 - 1 / 4, 4 / 9 - 1 / 3, -1 / 8],
  dense: cubicHermite(weights, true),
});
