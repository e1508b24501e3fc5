import { methodOf } from "./method-of.js";
import type { ExplicitMethod } from "./tableau.js";

/**
 * Fehlberg's pair 2(1): a step of order 2 whose estimate costs a third evaluation, as torchdiffeq's `fehlberg2`. Dense output: order 2, the parabola
 * that its three stages allow.
 *
 * Source: E. Fehlberg, Low-order classical Runge–Kutta formulas with stepsize control, NASA TR R-315 (1969), RK1(2).
 */
export const fehlberg2 = /* @__PURE__ */ make();

/** A function makes the method: a bundler drops that where it is not used, but not the fractions of a table at the top of a module. */
function make(): ExplicitMethod {
  return methodOf({
    name: "fehlberg2",
    order: 2,
    nodes: [0, 1 / 2, 1],
    coupling: [[], [1 / 2], [1 / 256, 255 / 256]],
    weights: [1 / 512, 255 / 256, 1 / 512],
    errorWeights: [-1 / 512, 0, 1 / 512],
    dense: {
      order: 2,
      polynomials: [
        [1, -511 / 512],
        [0, 255 / 256],
        [0, 1 / 512],
      ],
      usesEndSlope: false,
    },
  });
}
