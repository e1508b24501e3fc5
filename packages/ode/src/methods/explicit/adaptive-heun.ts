import { twoStageParabola } from "./dense-output.js";
import { methodOf } from "./method-of.js";

/**
 * Heun's method with Euler's embedded, 2(1). Dense output: order 2, from its two stages.
 *
 * Source: E. Hairer, S. P. Nørsett & G. Wanner, Solving Ordinary Differential Equations I, 2nd ed. (1993), section II.4.
 */
export const adaptiveHeun = methodOf({
  name: "adaptive_heun",
  order: 2,
  nodes: [0, 1],
  coupling: [[], [1]],
  weights: [1 / 2, 1 / 2],
  errorWeights: [-1 / 2, 1 / 2],
  dense: twoStageParabola(1),
});
