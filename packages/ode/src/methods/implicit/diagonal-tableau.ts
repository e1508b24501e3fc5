import type { DenseOutput, Method } from "../method.js";

/**
 * A diagonally implicit Runge–Kutta method as data, in Butcher's notation. The first stage is f(t0, y0), which a solve knows anyway; a method that
 * has no such stage gives it the weight 0 throughout.
 */
export interface DiagonalTableau {
  readonly name: string;
  /** Order p of the solution that is propagated. */
  readonly order: number;
  /** cᵢ. */
  readonly nodes: readonly number[];
  /** aᵢⱼ, j ≤ i: row i has i + 1 entries, the last of which is 0 in the first row and the same γ in all others. */
  readonly coupling: readonly (readonly number[])[];
  /** bᵢ. */
  readonly weights: readonly number[];
  /** bᵢ − b̂ᵢ, for methods that estimate their error. */
  readonly errorWeights?: readonly number[];
  /** Whether the error estimate is (I − hγJ)⁻¹ of its sum, for embedded methods that do not damp stiff modes (Hairer & Wanner II, section IV.8). */
  readonly filtersError?: boolean;
  /** First guess of kᵢ as a sum of earlier slopes. Default: the one before. */
  readonly predictor?: readonly (readonly number[])[];
  /** Default: cubic Hermite interpolation of y0, y1 and their slopes. */
  readonly dense?: DenseOutput;
}

export interface DiagonalMethod extends DiagonalTableau, Method {
  readonly dense: DenseOutput;
}
