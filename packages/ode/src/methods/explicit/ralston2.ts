import { twoStageParabola } from "./dense-output.js";
import { methodOf } from "./method-of.js";

/**
 * Ralston's second-order method: the least bound on the truncation error with two stages. Dense output: order 2, from its two stages.
 *
 * Source: A. Ralston, Runge–Kutta methods with minimum error bounds, Math. Comp. 16 (1962).
 */
export const ralston2 = methodOf({
  name: "ralston2",
  order: 2,
  nodes: [0, 2 / 3],
  coupling: [[], [2 / 3]],
  weights: [1 / 4, 3 / 4],
  dense: twoStageParabola(2 / 3),
});
