import { diagonalMethod } from "./diagonal-method.js";
import type { DiagonalMethod } from "./diagonal-tableau.js";

/**
 * A trapezoidal step to t0 + (2 − √2) h, then BDF2 to its end: order 2, L-stable, stiffly accurate; error against an embedded method of order 3,
 * filtered. Dense output: cubic Hermite, order 2.
 *
 * Source: M. E. Hosea & L. F. Shampine, Analysis and implementation of TR-BDF2, Appl. Numer. Math. 20 (1996).
 */
export const trbdf2 = /* @__PURE__ */ make();

/** A function makes the method: a bundler drops that where it is not used, but not the fractions of a table at the top of a module. */
function make(): DiagonalMethod {
  const gamma = 2 - Math.SQRT2;
  const d = gamma / 2;
  const w = Math.SQRT2 / 4;
  const weights = [w, w, d];

  return diagonalMethod({
    name: "trbdf2",
    order: 2,
    nodes: [0, gamma, 1],
    coupling: [[0], [d, d], [w, w, d]],
    weights,
    errorWeights: [w - (1 - w) / 3, w - (3 * w + 1) / 3, d - d / 3],
    filtersError: true,
  });
}
