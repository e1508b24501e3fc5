import { cubicHermite } from "./dense-output.js";
import { methodOf } from "./method-of.js";

const weights = [1 / 8, 3 / 8, 3 / 8, 1 / 8];

/**
 * Kutta's 3/8 rule, order 4: torchdiffeq's `rk4`. Dense output: cubic Hermite, order 3.
 *
 * Source: W. Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen, Z. Math. Phys. 46 (1901).
 */
export const rk4 = methodOf({
  name: "rk4",
  order: 4,
  nodes: [0, 1 / 3, 2 / 3, 1],
  coupling: [[], [1 / 3], [-1 / 3, 1], [1, -1, 1]],
  weights,
  dense: cubicHermite(weights, false),
});
