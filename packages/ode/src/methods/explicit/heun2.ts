import { twoStageParabola } from "./dense-output.js";
import { methodOf } from "./method-of.js";

/**
 * Heun's second-order method (explicit trapezoidal rule). Dense output: order 2, from its two stages.
 *
 * Source: K. Heun, Neue Methoden zur approximativen Integration …, Z. Math. Phys. 45 (1900).
 */
export const heun2 = methodOf({
  name: "heun2",
  order: 2,
  nodes: [0, 1],
  coupling: [[], [1]],
  weights: [1 / 2, 1 / 2],
  dense: twoStageParabola(1),
});
