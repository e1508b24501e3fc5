import { cubicHermite } from "./dense-output.js";
import { methodOf } from "./method-of.js";

const weights = [1 / 4, 0, 3 / 4];

/**
 * Heun's third-order method. Dense output: cubic Hermite, order 3.
 *
 * Source: K. Heun, Neue Methoden zur approximativen Integration …, Z. Math. Phys. 45 (1900).
 */
export const heun3 = methodOf({
  name: "heun3",
  order: 3,
  nodes: [0, 1 / 3, 2 / 3],
  coupling: [[], [1 / 3], [0, 2 / 3]],
  weights,
  dense: cubicHermite(weights, false),
});
