import { diagonalMethod } from "./diagonal-method.js";
import type { DiagonalMethod } from "./diagonal-tableau.js";

/**
 * Kværnø's 3(2): three implicit stages with an explicit first one, L-stable and stiffly accurate, as its embedded method is A-stable and stiffly
 * accurate. Dense output: cubic Hermite, order 3.
 *
 * Source: A. Kværnø, Singly diagonally implicit Runge–Kutta methods with an explicit first stage, BIT 44 (2004).
 */
export const kvaerno3 = /* @__PURE__ */ make();

/** A function makes the method: a bundler drops that where it is not used, but not the fractions of a table at the top of a module. */
function make(): DiagonalMethod {
  /** The root of γ³ − 3γ² + 3γ/2 − 1/6 for which the method is L-stable. */
  const gamma = 0.435866521508459;
  const third = [(-4 * gamma ** 2 + 6 * gamma - 1) / (4 * gamma), (1 - 2 * gamma) / (4 * gamma), gamma];
  const weights = [
    (6 * gamma - 1) / (12 * gamma),
    -1 / ((24 * gamma - 12) * gamma),
    (-6 * gamma ** 2 + 6 * gamma - 1) / (6 * gamma - 3),
    gamma,
  ];

  return diagonalMethod({
    name: "kvaerno3",
    order: 3,
    nodes: [0, 2 * gamma, 1, 1],
    coupling: [[0], [gamma, gamma], third, weights],
    weights,
    errorWeights: weights.map((weight, i) => weight - (third[i] ?? 0)),
    predictor: [[], [1], [1 - 1 / (2 * gamma), 1 / (2 * gamma)], third],
  });
}
