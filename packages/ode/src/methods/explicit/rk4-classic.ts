import { cubicHermite } from "./dense-output.js";
import { methodOf } from "./method-of.js";

const weights = [1 / 6, 1 / 3, 1 / 3, 1 / 6];

/**
 * The classic Runge–Kutta method, order 4. Dense output: cubic Hermite, order 3.
 *
 * Source: W. Kutta, Beitrag zur näherungsweisen Integration totaler Differentialgleichungen, Z. Math. Phys. 46 (1901).
 */
export const rk4Classic = methodOf({
  name: "rk4_classic",
  order: 4,
  nodes: [0, 1 / 2, 1 / 2, 1],
  coupling: [[], [1 / 2], [0, 1 / 2], [0, 0, 1]],
  weights,
  dense: cubicHermite(weights, false),
});
