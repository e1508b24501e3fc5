import { methodOf } from "./method-of.js";

/** −(p + q) and p q of x² − (p + q) x + p q, as the paper factors its dense output, expanded to x, x², x³, x⁴. */
function quartic(leading: number, quadratic: readonly [number, number]): number[] {
  const [linear, constant] = quadratic;
  return [0, leading * constant, leading * linear, leading];
}

/** b₁(x) = leading · x (x − root)(x² + linear x + constant). */
function firstQuartic(leading: number, root: number, linear: number, constant: number): number[] {
  return [-leading * root * constant, leading * (constant - root * linear), leading * (linear - root), leading];
}

const weights = [0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774, 0];

/**
 * Tsitouras 5(4), first same as last. Dense output: the paper's own quartic, order 4.
 *
 * Source: Ch. Tsitouras, Runge–Kutta pairs of order 5(4) satisfying only the first column simplifying assumption, Comput. Math. Appl. 62
 * (2011).
 */
export const tsit5 = methodOf({
  name: "tsit5",
  order: 5,
  nodes: [0, 0.161, 0.327, 0.9, 0.9800255409045097, 1, 1],
  coupling: [
    [],
    [0.161],
    [-0.008480655492356989, 0.335480655492357],
    [2.8971530571054935, -6.359448489975075, 4.3622954328695815],
    [5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525],
    [5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383],
    weights.slice(0, 6),
  ],
  weights,
  errorWeights: [
    -0.001780011052225777,
    -0.0008164344596567469,
    0.007880878010261995,
    -0.1447110071732629,
    0.5823571654525552,
    -0.45808210592918697,
    1 / 66,
  ],
  dense: {
    order: 4,
    usesEndSlope: false,
    polynomials: [
      firstQuartic(-1.0530884977290216, 1.329989018975141, -1.4364028541716352, 0.7139816917074209),
      quartic(0.1017, [-2.1966568338249752, 1.2949852507374631]),
      quartic(2.490627285651253, [-2.3853564547206165, 1.5780346820809248]),
      quartic(-16.548102889244902, [-1.2171292729553325 - 0.6162040603780009, 1.2171292729553325 * 0.6162040603780009]),
      quartic(47.37952196281928, [-1.2030712083723627 - 0.6580472926535473, 1.2030712083723627 * 0.6580472926535473]),
      quartic(-34.87065786149661, [-1.2 - 2 / 3, 0.8]),
      quartic(2.5, [-1.6, 0.6]),
    ],
  },
});
