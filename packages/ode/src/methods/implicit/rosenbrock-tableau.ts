import type { DenseOutput, Method } from "../method.js";

/**
 * A Rosenbrock method as data, in the form without products with J (Hairer & Wanner II, eq. IV.7.25). With slopes Kᵢ = Uᵢ/h:
 * (I − hγJ) Kᵢ = γ (f(t0 + αᵢh, y0 + h Σⱼ aᵢⱼ Kⱼ) + Σⱼ cᵢⱼ Kⱼ + γᵢ h ∂f/∂t).
 */
export interface RosenbrockTableau {
  readonly name: string;
  /** Order p of the solution that is propagated. */
  readonly order: number;
  readonly gamma: number;
  /** αᵢ. */
  readonly nodes: readonly number[];
  /** γᵢ. */
  readonly timeWeights: readonly number[];
  /** aᵢⱼ, j < i: row i has i entries. */
  readonly coupling: readonly (readonly number[])[];
  /** cᵢⱼ, j < i. */
  readonly couplingOfSlopes: readonly (readonly number[])[];
  /** mᵢ: y1 = y0 + h Σ mᵢ Kᵢ. */
  readonly weights: readonly number[];
  /** mᵢ − m̂ᵢ. */
  readonly errorWeights: readonly number[];
  readonly dense: DenseOutput;
}

export interface RosenbrockMethod extends RosenbrockTableau, Method {
  readonly dense: DenseOutput;
}
