import { diagonalMethod } from "./diagonal-method.js";
import type { DiagonalMethod } from "./diagonal-tableau.js";

/**
 * Kværnø's 5(4): six implicit stages with an explicit first one, L-stable and stiffly accurate, as its embedded method is A-stable and stiffly
 * accurate. Dense output: cubic Hermite, order 3.
 *
 * Source: A. Kværnø, Singly diagonally implicit Runge–Kutta methods with an explicit first stage, BIT 44 (2004).
 */
export const kvaerno5 = /* @__PURE__ */ make();

/** A function makes the method: a bundler drops that where it is not used, but not the fractions of a table at the top of a module. */
function make(): DiagonalMethod {
  const gamma = 0.26;
  const sixth = [0.13855640231268224, 0, -0.04245337201752043, 0.02446657898003141, 0.6194303907248068, gamma];
  const weights = [
    0.13659751177640292,
    0,
    -0.05496908796538376,
    -0.04118626728321046,
    0.629933048990164,
    0.06962479448202728,
    gamma,
  ];

  return diagonalMethod({
    name: "kvaerno5",
    order: 5,
    nodes: [0, 0.52, 1.230333209967908, 0.8957659843500759, 0.43639360985864756, 1, 1],
    coupling: [
      [0],
      [gamma, gamma],
      [0.13, 0.8403332099679081, gamma],
      [0.22371961478320504, 0.476755323197997, -0.06470895363112615, gamma],
      [0.16648564323248322, 0.1045001884159172, 0.03631482272098715, -0.13090704451073998, gamma],
      sixth,
      weights,
    ],
    weights,
    errorWeights: weights.map((weight, i) => weight - (sixth[i] ?? 0)),
    // Extrapolated from the stages before (as OrdinaryDiffEq.jl's, with the missing 1 of its first row).
    predictor: [
      [],
      [1],
      [-1.366025403784441, 2.3660254037844357],
      [-0.19650552613122207, 0.8113579546496623, 0.38514757148155954],
      [0.10375304369958693, 0.937994698066431, -0.04174774176601781, 0],
      [-0.17281112873898072, 0.6235784481025847, 0.5492326806363959, 0, 0],
      sixth,
    ],
  });
}
