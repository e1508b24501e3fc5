import { cubicHermite } from "./dense-output.js";
import { methodOf } from "./method-of.js";
import type { ExplicitMethod } from "./tableau.js";

/**
 * The optimal strong-stability-preserving method of order 3 with three stages: a mean of Euler steps, so that what these keep (bounds, total
 * variation) a step keeps, too, up to their length. Dense output: cubic Hermite, order 3.
 *
 * Source: C.-W. Shu & S. Osher, Efficient implementation of essentially non-oscillatory shock-capturing schemes, J. Comput. Phys. 77 (1988).
 */
export const ssprk33 = /* @__PURE__ */ make();

/** A function makes the method: a bundler drops that where it is not used, but not the fractions of a table at the top of a module. */
function make(): ExplicitMethod {
  const weights = [1 / 6, 1 / 6, 2 / 3];
  return methodOf({
    name: "ssprk33",
    order: 3,
    nodes: [0, 1, 1 / 2],
    coupling: [[], [1], [1 / 4, 1 / 4]],
    weights,
    dense: cubicHermite(weights, false),
  });
}
