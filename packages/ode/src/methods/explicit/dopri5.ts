import { quarticThroughMidpoint } from "./dense-output.js";
import { methodOf } from "./method-of.js";

const weights = [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0];

/** y(t0 + h/2), Shampine's choice. */
const midpoint = [
  6025192743 / 30085553152 / 2,
  0,
  51252292925 / 65400821598 / 2,
  -2691868925 / 45128329728 / 2,
  187940372067 / 1594534317056 / 2,
  -1776094331 / 19743644256 / 2,
  11237099 / 235043384 / 2,
];

/**
 * Dormand–Prince 5(4), first same as last, with Shampine's error estimate (2/3 of the pair's own). Dense output: the quartic through
 * Shampine's midpoint, order 4.
 *
 * Source: J. R. Dormand & P. J. Prince, A family of embedded Runge–Kutta formulae, J. Comput. Appl. Math. 6 (1980); error estimate and
 * midpoint: L. F. Shampine, Some practical Runge–Kutta formulas, Math. Comp. 46 (1986).
 */
export const dopri5 = methodOf({
  name: "dopri5",
  order: 5,
  nodes: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1],
  coupling: [
    [],
    [1 / 5],
    [3 / 40, 9 / 40],
    [44 / 45, -56 / 15, 32 / 9],
    [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
    [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
    [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
  ],
  weights,
  errorWeights: [
    35 / 384 - 1951 / 21600,
    0,
    500 / 1113 - 22642 / 50085,
    125 / 192 - 451 / 720,
    -2187 / 6784 + 12231 / 42400,
    11 / 84 - 649 / 6300,
    -1 / 60,
  ],
  dense: quarticThroughMidpoint(weights, midpoint),
});
