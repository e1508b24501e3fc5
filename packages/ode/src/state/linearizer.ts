import type { ErrorTest, StepSpan } from "./state-space.js";

/** An s×s matrix C that couples s unknowns. */
export type Coupling = readonly (readonly number[])[];

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
  factor(coupling: Coupling): LinearSystem<V> | undefined;
  /** ∂f/∂t at the place of `linearize`, a state that the caller owns. */
  timeDerivative(point: LinearizationPoint<V>): V;
  /** Counts a step whose iteration did not converge. */
  countFailure(): void;
  /** What a step is recorded with for a gradient; left out where nothing ever is. */
  readonly tape?: ImplicitTape<V>;
}

export interface LinearSystem<V> {
  /** Takes over s right sides, and gives s solutions that the caller owns. */
  solve(b: readonly V[]): readonly V[];
}

/** Solutions of equations as functions of all that the equations read, for a gradient that is being recorded. Call it in a scope. */
export interface ImplicitTape<V> {
  /** I − C ⊗ J, where row i has the Jacobian of the place i. */
  system(coupling: Coupling, places: readonly { readonly t: number; readonly y: V }[]): RecordedSystem<V>;
  /** h ∂f/∂t at a step's start. */
  timeChange(point: LinearizationPoint<V>): V;
  /** v ↦ J v at a place, as a function of that place, too. */
  product(place: { readonly t: number; readonly y: V }): (v: V) => V;
}

export interface RecordedSystem<V> {
  /**
   * The solutions x of residual(x) = const., with their derivatives by the implicit function theorem; the system is −∂residual/∂x.
   *
   * @param values of the solutions, which the tape does not know
   */
  solved(values: readonly V[], residual: (x: readonly V[]) => readonly V[]): readonly V[];
}
