import type { AdaptiveMethodName } from "./methods/index.js";
import { METHODS } from "./methods/index.js";
import type { ParametricDynamics, Sensitivities, SensitivitiesOf, SensitivityOptions } from "./sensitivities/options.js";
import { solveSensitivities } from "./sensitivities/solve-sensitivities.js";
import type { AnyFloat64State, Times } from "./types.js";

/**
 * Solves y′ = f(t, y, p), y(t[0]) = y0, on numbers together with its sensitivities ∂y/∂p and ∂y/∂y0, by the forward variational equations
 * s′ = ∂f/∂y s + ∂f/∂p in the same solve. Every method takes them; of implicit ones, the matrix that is factored for y serves each sensitivity. The
 * error test looks at all of them. Cost: an equation of y's size for each number of p and y0; derivatives of f that are not given, by central
 * differences, which are good for tolerances down to about 1e-9.
 *
 * @param f dy/dt, shaped as y
 * @param y0 numbers and Float64Arrays, in arrays and records at will
 * @param parameters p: numbers and Float64Arrays, in arrays and records at will; f's third argument
 * @param t times, strictly increasing or decreasing; the first is that of y0
 * @throws OdeError on bad input, and when the solve can't reach the last time: its `status` names the cause
 *
 * @example
 * const { y, parameters } = sensitivities((t, y, { rate }) => -rate * y, 1, { rate: 2 }, [0, 1]);
 * parameters.rate; // Float64Array [0, −e⁻²]
 */
export function sensitivities<
  const S extends AnyFloat64State,
  const P extends AnyFloat64State,
  const W extends SensitivitiesOf = "both",
>(
  f: ParametricDynamics<S, P>,
  y0: S,
  parameters: P,
  t: Times,
  options: SensitivityOptions<S, P, W, AdaptiveMethodName> = {},
): Sensitivities<S, P, W> {
  return solveSensitivities("sensitivities", [f, y0, parameters, t, options], METHODS) as Sensitivities<S, P, W>;
}
