import type { Polynomials } from "../../state/polynomials.js";

/** Highest order of the formulas that are stable enough. */
export const HIGHEST_ORDER = 5;

/** Constants of the formula of each order k: its own and those of errors. */
export interface Formula {
  /** α = (1 − κ) γₖ: the equation for d is d = (h/α) f(t1, ŷ + d) − ψ. */
  readonly alpha: number;
  /** ψ as a sum of the differences 1 to k. */
  readonly psi: Float64Array;
  /** The local error is this times d, the difference k + 1 at the new point. */
  readonly error: number;
}

/** By order, from 0 (which is none). */
export function formulas(): readonly Formula[] {
  // Of the numerical differentiation formulas, which make the error of orders 1 to 4 smaller at little stability (Shampine & Reichelt 1997, table 1).
  const kappas = [0, -0.185, -1 / 9, -0.0823, -0.0415, 0];
  const gamma = [0];
  for (let j = 1; j <= HIGHEST_ORDER; j++) gamma.push(gamma[j - 1]! + 1 / j);
  return kappas.map((kappa, k) => {
    const alpha = (1 - kappa) * gamma[k]!;
    return {
      alpha,
      psi: Float64Array.from({ length: k }, (_, j) => gamma[j + 1]! / alpha),
      error: kappa * gamma[k]! + 1 / (k + 1),
    };
  });
}

/**
 * The matrix that turns the differences 1 to k of points a step apart into those of points `factor` steps apart on the same polynomial: row j weighs
 * the old differences for the new one j (Shampine & Reichelt, eq. (7)).
 */
export function regrid(order: number, factor: number): Float64Array[] {
  const [wide, unit] = [binomials(order, factor), binomials(order, 1)];
  return Array.from({ length: order }, (_, j) =>
    Float64Array.from({ length: order }, (_, i) => wide[i + 1]!.reduce((sum, value, m) => sum + value * unit[m]![j + 1]!, 0)),
  );
}

/** Entry (i, j) is Πₘ (m − 1 − factor j)/m over m = 1 … i. */
function binomials(order: number, factor: number): number[][] {
  const rows = [Array.from({ length: order + 1 }, () => 1)];
  for (let i = 1; i <= order; i++) rows.push(rows[i - 1]!.map((value, j) => (value * (i - 1 - factor * j)) / i));
  return rows;
}

/** Newton's polynomial through the last k + 1 points: y(t0 + x h) = y0 + Σⱼ qⱼ(x) ∇ʲy1, qⱼ(x) = Πₘ (x − 1 + m)/(m + 1) over m = 0 … j − 1, less its value at 0. */
export function differencePolynomials(order: number): Polynomials {
  const rows: number[][] = [[1]];
  // (x − 1) x, then one factor (x + m − 1) more each; all but the first vanish at x = 0.
  let product = [-1, 1];
  for (let j = 2; j <= order; j++) {
    product = product.map((value) => value / j);
    rows.push(product);
    const more = [...product, 0];
    for (let i = 0; i < product.length; i++) more[i + 1] = product[i]! + (j - 1) * (product[i + 1] ?? 0);
    more[0] = (j - 1) * product[0]!;
    product = more;
  }
  return rows;
}
