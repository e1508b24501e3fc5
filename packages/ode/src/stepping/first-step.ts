import type { ErrorTest, PackedDynamics, Reading, StateSpace } from "../state/state-space.js";
import { isFiniteState } from "./finite.js";
import { checkNorm } from "./own-norm.js";

/** What is known where a solve starts. */
export interface Start<V> {
  readonly caller: string;
  readonly space: StateSpace<V>;
  readonly f: PackedDynamics<V>;
  readonly t0: number;
  readonly y0: V;
  /** f(t0, y0). */
  readonly f0: V;
  /** 1 for increasing times, −1 for decreasing. */
  readonly direction: 1 | -1;
  /** The longest probe that is allowed, |t1 − t0| when f must not be called beyond t1. */
  readonly maxProbe: number;
  readonly tolerances: ErrorTest<V>;
  /** Order of the method. */
  readonly order: number;
}

const ONE = Float64Array.of(1);
const DIFFERENCE = Float64Array.of(1, -1);

/**
 * A first step such that the explicit Euler step's error and the next derivative stay small (Hairer, Nørsett & Wanner I, section II.4,
 * "starting step size"). Costs one evaluation of f. Yields the scalars it must know; returns the step's length, positive, or NaN
 * where y0 or f0 is not finite.
 */
export function* selectFirstStep<V>(start: Start<V>): Generator<Reading, number, number> {
  const { caller, space, f, t0, y0, f0, direction, tolerances, order } = start;
  const norm = (weights: Float64Array, terms: readonly V[]) =>
    space.scope(() => space.norm(1, weights, terms, y0, y0, tolerances));
  const d0 = checkNorm(caller, yield norm(ONE, [y0]));
  if (!Number.isFinite(d0) && !(yield* isFiniteState(space, y0))) return Number.NaN;
  const d1 = checkNorm(caller, yield norm(ONE, [f0]));
  if (d1 === Number.POSITIVE_INFINITY) {
    // Either f0 is infinite, or only its square in units of the tolerance: any short step will do then, since the error test shortens it.
    return (yield* isFiniteState(space, f0)) ? Math.min(1e-6, start.maxProbe) : Number.NaN;
  }
  const h0 = probeLength(d0, d1, start.maxProbe);
  if (!Number.isFinite(h0)) return Number.NaN;
  const change = space.scope(() => {
    const t1 = t0 + direction * h0;
    const probe = space.combine(y0, { t0, t1, h: direction * h0 }, ONE, [f0]);
    return space.norm(1, DIFFERENCE, [f(t1, probe), f0], y0, y0, tolerances);
  });
  const d2 = checkNorm(caller, yield change) / h0;
  return firstLength(h0, d1, d2, order);
}

/** How far the probe goes: the explicit Euler step that changes a state of size d0 with a slope of size d1 by a hundredth. */
export function probeLength(d0: number, d1: number, maxProbe: number): number {
  return Math.min(d0 < 1e-5 || d1 < 1e-5 ? 1e-6 : (0.01 * d0) / d1, maxProbe);
}

/** The first step, after a probe of length h0 told of a second derivative of size d2. */
export function firstLength(h0: number, d1: number, d2: number, order: number): number {
  const h1 = d1 <= 1e-15 && d2 <= 1e-15 ? Math.max(1e-6, h0 * 1e-3) : (0.01 / Math.max(d1, d2)) ** (1 / order);
  return Math.min(100 * h0, h1);
}
