import { twoStageParabola } from "./dense-output.js";
import { methodOf } from "./method-of.js";

/**
 * The explicit midpoint rule, order 2. Dense output: order 2, from its two stages.
 *
 * Source: C. Runge, Ueber die numerische Auflösung von Differentialgleichungen, Math. Ann. 46 (1895).
 */
export const midpoint = methodOf({
  name: "midpoint",
  order: 2,
  nodes: [0, 1 / 2],
  coupling: [[], [1 / 2]],
  weights: [0, 1],
  dense: twoStageParabola(1 / 2),
});
