import type { ErrorTest, StepSpan } from "./state-space.js";

/** Where f is linearised: a step's start, and what its errors are measured in. */
export interface LinearizationPoint<V> {
  readonly span: StepSpan;
  readonly y0: V;
  /** f(t0, y0), where it is just that: what Newton's iterations make of it would spoil differences. Undefined: to be evaluated. */
  readonly f0: V | undefined;
  readonly tolerances: ErrorTest<V> | undefined;
}

/** Systems of linear equations with f's Jacobian J = ∂f/∂y: all that implicit methods know of it. */
export interface Linearizer<V> {
  /** Takes J at a step's start for all systems that follow. */
  linearize(point: LinearizationPoint<V>): void;
  /**
   * Factors I − C ⊗ J for s coupled right sides, C an s×s matrix: x₁ … x_s with xᵢ − Σⱼ Cᵢⱼ J xⱼ = bᵢ. Undefined where that is singular or not
   * finite. The factors serve until the next call for as many right sides.
   */
  factor(coupling: readonly (readonly number[])[]): LinearSystem<V> | undefined;
  /** ∂f/∂t at the place of `linearize`, a state that the caller owns. */
  timeDerivative(point: LinearizationPoint<V>): V;
  /** Counts a step whose iteration did not converge. */
  countFailure(): void;
}

export interface LinearSystem<V> {
  /** Takes over s right sides, and gives s solutions that the caller owns. */
  solve(b: readonly V[]): readonly V[];
}
