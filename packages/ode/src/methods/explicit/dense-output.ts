import type { DenseOutput } from "../method.js";

/** Polynomial coefficients of x, x², …: what a stage contributes to dense output. */
type Row = readonly number[];

/** Sum of rows times factors. */
function mix(...terms: readonly (readonly [number, Row])[]): number[] {
  const length = Math.max(...terms.map(([, row]) => row.length));
  return Array.from({ length }, (_, j) => terms.reduce((total, [factor, row]) => total + factor * (row[j] ?? 0), 0));
}

/**
 * Cubic Hermite interpolation of y0, y1, f0, f1: order 3 for methods of order 3 and more (Hairer, Nørsett & Wanner, Solving Ordinary
 * Differential Equations I, eq. II.6.7). Its derivative is continuous across steps.
 */
export function cubicHermite(weights: readonly number[], firstSameAsLast: boolean): DenseOutput {
  const toEnd: Row = [0, 3, -2]; // × (y1 − y0) = h Σ bᵢ kᵢ
  const startSlope: Row = [1, -2, 1]; // × h f0
  const endSlope: Row = [0, -1, 1]; // × h f1
  const all = firstSameAsLast ? weights : [...weights, 0];
  const polynomials = all.map((weight, i) =>
    mix([weight, toEnd], [i === 0 ? 1 : 0, startSlope], [i === all.length - 1 ? 1 : 0, endSlope]),
  );
  return { order: 3, polynomials, usesEndSlope: !firstSameAsLast };
}

/**
 * The quartic through y0, y(t0 + h/2), y1 with slopes f0 and f1 (Shampine, Some practical Runge–Kutta formulas, Math. Comp. 46 (1986)):
 * order 4 when the midpoint is that accurate. For methods whose last stage is f1.
 *
 * @param midpoint m with y(t0 + h/2) ≈ y0 + h Σ mᵢ kᵢ
 */
export function quarticThroughMidpoint(weights: readonly number[], midpoint: readonly number[]): DenseOutput {
  const toEnd: Row = [0, -5, 14, -8];
  const toMidpoint: Row = [0, 16, -32, 16];
  const startSlope: Row = [1, -4, 5, -2];
  const endSlope: Row = [0, 1, -3, 2];
  const last = weights.length - 1;
  const polynomials = weights.map((weight, i) =>
    mix([weight, toEnd], [midpoint[i]!, toMidpoint], [i === 0 ? 1 : 0, startSlope], [i === last ? 1 : 0, endSlope]),
  );
  return { order: 4, polynomials, usesEndSlope: false };
}

/** The straight line from y0 to y1: order 1. */
export function straightLine(weights: readonly number[]): DenseOutput {
  return { order: 1, polynomials: weights.map((weight) => [weight]), usesEndSlope: false };
}

/**
 * The parabola of a two-stage method of order 2, from the order conditions Σ bᵢ(x) = x and Σ bᵢ(x) cᵢ = x²/2: order 2.
 *
 * @param node c₂
 */
export function twoStageParabola(node: number): DenseOutput {
  const second = 1 / (2 * node);
  return {
    order: 2,
    polynomials: [
      [1, -second],
      [0, second],
    ],
    usesEndSlope: false,
  };
}
