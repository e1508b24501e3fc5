import type { Polynomials } from "../../state/polynomials.js";
import type { DenseOutput } from "../method.js";

/** A collocation method: at t0 + cᵢ h its polynomial has the slope f. All follows from the nodes (Hairer, Nørsett & Wanner I, theorem II.7.7). */
export interface Collocation {
  readonly nodes: readonly number[];
  /** aᵢⱼ, the integral of Lagrange's jth polynomial from 0 to cᵢ. */
  readonly coupling: readonly (readonly number[])[];
  /** bⱼ, the same from 0 to 1. */
  readonly weights: readonly number[];
  /** The polynomial: order s for s nodes. */
  readonly dense: DenseOutput;
}

export function collocation(nodes: readonly number[]): Collocation {
  const polynomials: Polynomials = nodes.map((_, j) => integral(lagrange(nodes, j)));
  const at = (row: readonly number[], x: number) => row.reduceRight((sum, coefficient) => (sum + coefficient) * x, 0);
  return {
    nodes,
    coupling: nodes.map((c) => polynomials.map((row) => at(row, c))),
    weights: polynomials.map((row) => at(row, 1)),
    dense: { order: nodes.length, polynomials, usesEndSlope: false },
  };
}

/** Coefficients of 1, x, x², … of the polynomial that is 1 at node j and 0 at the others. */
function lagrange(nodes: readonly number[], j: number): number[] {
  let coefficients = [1];
  nodes.forEach((node, i) => {
    if (i === j) return;
    const scale = 1 / (nodes[j]! - node);
    const shifted = [0, ...coefficients];
    coefficients = shifted.map((value, k) => (value - node * (coefficients[k] ?? 0)) * scale);
  });
  return coefficients;
}

/** Coefficients of x, x², … of the integral from 0. */
const integral = (coefficients: readonly number[]): number[] => coefficients.map((coefficient, k) => coefficient / (k + 1));
